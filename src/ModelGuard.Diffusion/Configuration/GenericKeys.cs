namespace ModelGuard.Diffusion.Configuration;

/// <summary>
/// Keys that transformers' <c>PretrainedConfig</c> writes into every config, whatever the model: for generating text, for classifiers,
/// and about the file itself. Published CLIP configs carry dozens of them.
/// </summary>
internal static class GenericKeys
{
    private static readonly string[] Keys =
    [
        // About the file and the library.
        "architectures", "dtype", "finetuning_task", "model_type", "name_or_path", "num_labels", "output_attentions", "output_hidden_states", "return_dict", "task_specific_params",
        "tokenizer_class", "torch_dtype", "torchscript", "transformers_version", "use_bfloat16",

        // Classifiers and decoders.
        "add_cross_attention", "chunk_size_feed_forward", "cross_attention_hidden_size", "decoder_start_token_id", "id2label", "is_decoder", "is_encoder_decoder", "label2id", "problem_type",
        "tf_legacy_loss", "tie_encoder_decoder", "tie_word_embeddings", "use_cache",

        // Generating text.
        "bad_words_ids", "begin_suppress_tokens", "bos_token_id", "diversity_penalty", "do_sample", "early_stopping", "encoder_no_repeat_ngram_size", "exponential_decay_length_penalty",
        "forced_bos_token_id", "forced_eos_token_id", "length_penalty", "max_length", "min_length", "no_repeat_ngram_size", "num_beam_groups", "num_beams", "num_return_sequences", "output_scores",
        "pad_token_id", "prefix", "remove_invalid_values", "repetition_penalty", "return_dict_in_generate", "sep_token_id", "suppress_tokens", "temperature", "top_k", "top_p", "typical_p",
    ];

    /// <summary>Declares them to be without effect; pruned heads would have one and are refused.</summary>
    public static ModelConfig WithoutGenericKeys(this ModelConfig config) => config.WithoutEffect(Keys).Only("pruned_heads", "{}");
}
