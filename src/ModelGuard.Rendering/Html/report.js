"use strict";
(() => {
  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name === "text") element.textContent = value;
      else if (value === true) element.setAttribute(name, "");
      else if (value !== false && value !== undefined) element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
  };

  // Light and dark: what the system says, until somebody chooses.
  const theme = document.getElementById("theme");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light")) === "dark";
  const showTheme = () => {
    theme.setAttribute("aria-pressed", String(isDark()));
  };
  theme.addEventListener("click", () => {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    showTheme();
  });
  dark.addEventListener("change", showTheme);
  showTheme();

  const table = document.getElementById("gate-table");
  if (table) {
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row, index) => ({ row, index, text: row.textContent.toLowerCase() }));
    const headers = [...table.tHead.rows[0].cells];

    const key = (entry, column) => {
      const cell = entry.row.cells[column];
      return cell.dataset.sort === undefined ? cell.textContent : Number(cell.dataset.sort);
    };
    const sort = (column) => {
      const direction = headers[column].getAttribute("aria-sort") === "ascending" ? -1 : 1;
      for (const header of headers) header.removeAttribute("aria-sort");
      headers[column].setAttribute("aria-sort", direction === 1 ? "ascending" : "descending");
      const keyed = rows.map((entry) => ({ entry, value: key(entry, column) }));
      keyed.sort((a, b) => direction * (typeof a.value === "number" ? a.value - b.value : a.value.localeCompare(b.value, "en", { numeric: true })) || a.entry.index - b.entry.index);
      body.append(...keyed.map((item) => item.entry.row));
    };
    headers.forEach((header, column) => header.querySelector("button").addEventListener("click", () => sort(column)));

    const filters = document.getElementById("filters");
    const find = document.getElementById("find");
    const severity = document.getElementById("severity");
    const shown = document.getElementById("shown");
    const filter = () => {
      const words = find.value.toLowerCase().split(/\s+/);
      const verdicts = new Set([...filters.querySelectorAll("[name=verdict]:checked")].map((box) => box.value));
      let count = 0;
      for (const { row, text } of rows) {
        row.hidden = !(verdicts.has(row.dataset.verdict) && Number(row.dataset.severity) >= Number(severity.value) && words.every((word) => text.includes(word)));
        if (!row.hidden) count += 1;
      }
      shown.value = `${count} of ${rows.length} shown`;
    };
    filters.addEventListener("input", filter);
    filters.addEventListener("submit", (event) => event.preventDefault());
    // A reload keeps what was typed.
    filter();
  }

  // Pictures and heat maps are made where they are opened.
  const data = (details) => {
    const block = details.querySelector("script");
    if (!block) return null;
    const value = JSON.parse(block.textContent);
    block.remove();
    return value;
  };
  const whenOpen = (selector, build) => {
    for (const details of document.querySelectorAll(selector)) {
      const open = () => {
        if (!details.open) return;
        const value = data(details);
        if (value) details.append(build(value, details));
      };
      details.addEventListener("toggle", open);
      open();
    }
  };

  const pair = (item, prompt, caption, veiled) => {
    const image = (side, type) => item[side] && make("img", { class: side, alt: `${side === "base" ? "Base" : "Edited"}: ${prompt}, seed ${item.seed}`, src: `data:image/${type};base64,${item[side]}`, decoding: "async" });
    const images = [image("base", item.baseType), image("edited", item.editedType)].filter(Boolean);
    const stage = make("div", { class: "stage" }, ...images);
    stage.classList.toggle("single", images.length < 2);
    if (veiled) {
      stage.classList.add("veiled");
      const button = make("button", { type: "button", class: "veil", "aria-label": `Show the pictures of ${prompt}, seed ${item.seed}`, text: "Show" });
      button.addEventListener("click", () => stage.classList.remove("veiled"));
      stage.append(button);
    }
    return make("figure", { class: "pair" }, stage, make("figcaption", { text: caption }));
  };

  whenOpen("details.pictures", ({ name, prompts }, details) => {
    const veiled = details.dataset.veiled !== undefined;
    const body = make("div", { class: "body" });
    const range = make("input", { type: "range", min: 0, max: 100, value: 50, "aria-label": `How much of the edited pictures of ${name} is shown, in percent` });
    // The base stays on the left and the edited on the right, as at the ends of the slider.
    range.addEventListener("input", () => body.style.setProperty("--cut", `${100 - range.value}%`));
    const controls = make("div", { class: "controls" }, make("label", {}, make("span", { text: "Base", "aria-hidden": "true" }), range, make("span", { text: "Edited", "aria-hidden": "true" })));
    if (veiled) {
      const reveal = make("button", { type: "button", class: "reveal", text: "Show all", "aria-label": `Show all pictures of ${name}` });
      reveal.addEventListener("click", () => {
        for (const stage of body.querySelectorAll(".veiled")) stage.classList.remove("veiled");
        reveal.remove();
      });
      controls.append(reveal);
    }
    body.append(controls);
    // A heading for each prompt, unless each has one picture only: then its caption tells the prompt.
    if (prompts.every((p) => p.pairs.length === 1)) body.append(make("div", { class: "grid" }, ...prompts.map(({ prompt, pairs }) => pair(pairs[0], prompt, `${prompt}, seed ${pairs[0].seed}`, veiled))));
    else for (const { prompt, pairs } of prompts) body.append(make("h3", { text: prompt }), make("div", { class: "grid" }, ...pairs.map((item) => pair(item, prompt, `seed ${item.seed}`, veiled))));
    return body;
  });

  const panel = (map, { kind, columns, values }, readout) => {
    const head = make("tr", {}, make("td", { class: "corner" }), ...columns.map((column) => make("th", { scope: "col", text: column.label, title: column.module })));
    const rows = values.map((cells, r) => make("tr", {}, make("th", { scope: "row", class: map.rows[r].subject ? "subject" : undefined, text: map.rows[r].label }), ...cells.map((value, c) => {
      const step = value === null ? "none" : `h${Math.round(Math.min(Math.max(value, 0), 1) * 10)}`;
      const cell = make("td", { class: step, tabindex: r === 0 && c === 0 ? 0 : -1 }, make("span", { text: value === null ? "–" : value.toFixed(2) }));
      const tell = () => {
        readout.value = `${map.rows[r].label} · ${kind} ${columns[c].label} (${columns[c].module}) · ${value === null ? "not measured" : value.toFixed(3)}`;
      };
      cell.addEventListener("mouseenter", tell);
      cell.addEventListener("focus", tell);
      return cell;
    })));
    const grid = make("table", { "aria-label": `${kind}, share by token and layer` }, make("thead", {}, head), make("tbody", {}, ...rows));
    // One stop of the Tab key for each map; arrows move inside it.
    grid.addEventListener("keydown", (event) => {
      const [down, right] = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key] ?? [0, 0];
      const from = event.target.closest("td");
      if (!from || (down === 0 && right === 0)) return;
      event.preventDefault();
      const to = grid.tBodies[0].rows[from.parentElement.sectionRowIndex + down]?.cells[from.cellIndex + right];
      if (!to || to.tagName !== "TD") return;
      from.tabIndex = -1;
      to.tabIndex = 0;
      to.focus();
    });
    return make("div", { class: "panel" }, make("h4", { text: kind }), grid);
  };

  whenOpen("details.heat", ({ maps }) => make("div", { class: "body" }, ...maps.map((map) => {
    const readout = make("output", { class: "readout", "aria-live": "polite" });
    readout.value = "Point at a cell, or move with the arrow keys, to read its value.";
    return make("div", {}, make("h3", { text: map.prompt }), make("div", { class: "panels" }, ...map.panels.map((p) => panel(map, p, readout))), readout);
  })));
})();
