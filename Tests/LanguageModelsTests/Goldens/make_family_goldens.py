#!/usr/bin/env python3
"""Writes a tiny model of every family as Hugging Face has it, and what transformers computes.

    python make_family_goldens.py [NAME...]      # needs torch, transformers, safetensors

Decoders   tiny-llama (untied, biases everywhere, linear RoPE scaling), tiny-llama3 (Llama 3's scaling),
           tiny-mistral (heads wider than width / heads, no window), tiny-qwen2, tiny-qwen3, tiny-gpt1, tiny-gptj, tiny-bloom (three heads: not a power of two), tiny-bloom-normed
           (adds to normed copies), tiny-cohere (PaLM's block: one key-value head, logits unscaled),
           tiny-yarn, tiny-window (Mistral's), tiny-qwen2-window (in later layers only)
Encoders   tiny-bert-mlm, -model, -pretraining, -labels, -tokens; tiny-roberta-mlm, -labels, -tokens
Two stacks tiny-t5 (ReLU), tiny-flan (gated, an output projection of its own), tiny-bart, tiny-marian

Beside each folder NAME.golden.json: ids (two rows), mask (the second row of encoders and sources ends in
padding), segments, decoder_ids, labels, loss, greedy and beams (ids that were written, by settings); and
NAME.golden.safetensors: logits or last_hidden_state and pooled, hidden_states.N (encoder. and decoder.
before them where there are two stacks), and gradients. + published name of the mean loss.
"""
import json
import pathlib
import shutil
import sys
import zlib

import torch
import transformers as hf
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).parent
V, C = 37, 16
LLAMA = dict(vocab_size=V, hidden_size=C, intermediate_size=24, num_hidden_layers=2,
             num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=32,
             bos_token_id=36, eos_token_id=36, pad_token_id=None, tie_word_embeddings=True)
DEFAULT_ROPE = dict(rope_theta=10000.0, rope_type="default")
BERT = dict(vocab_size=V, hidden_size=C, intermediate_size=24, num_hidden_layers=2,
            num_attention_heads=2, max_position_embeddings=20, hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0)
SEQ = dict(vocab_size=V, d_model=C, encoder_layers=2, decoder_layers=2, encoder_attention_heads=2,
           decoder_attention_heads=2, encoder_ffn_dim=24, decoder_ffn_dim=20,
           max_position_embeddings=24, dropout=0.0, forced_eos_token_id=None)
T5 = dict(vocab_size=V, d_model=C, d_kv=6, d_ff=24, num_layers=2, num_heads=2, dropout_rate=0.0,
          relative_attention_num_buckets=8, relative_attention_max_distance=12)
THREE = {0: "no", 1: "maybe", 2: "yes"}
VARIANTS = {
    "tiny-llama": lambda: hf.LlamaForCausalLM(hf.LlamaConfig(
        **{**LLAMA, "num_key_value_heads": 4, "tie_word_embeddings": False}, attention_bias=True,
        mlp_bias=True, rope_parameters=dict(rope_theta=10000.0, rope_type="linear", factor=2.0))),
    "tiny-llama3": lambda: hf.LlamaForCausalLM(hf.LlamaConfig(
        **LLAMA, rope_parameters=dict(
            rope_theta=100.0, rope_type="llama3", factor=4.0, low_freq_factor=1.0,
            high_freq_factor=4.0, original_max_position_embeddings=16))),
    "tiny-mistral": lambda: hf.MistralForCausalLM(hf.MistralConfig(
        **LLAMA, head_dim=6, sliding_window=None, rope_parameters=DEFAULT_ROPE)),
    "tiny-qwen2": lambda: hf.Qwen2ForCausalLM(hf.Qwen2Config(
        **{**LLAMA, "tie_word_embeddings": False}, rope_parameters=DEFAULT_ROPE)),
    "tiny-qwen3": lambda: hf.Qwen3ForCausalLM(hf.Qwen3Config(
        **LLAMA, head_dim=8, rope_parameters=DEFAULT_ROPE)),
    "tiny-gpt1": lambda: hf.OpenAIGPTLMHeadModel(hf.OpenAIGPTConfig(
        vocab_size=V, n_positions=24, n_embd=C, n_layer=2, n_head=2, resid_pdrop=0.0,
        embd_pdrop=0.0, attn_pdrop=0.0)),
    "tiny-gptj": lambda: hf.GPTJForCausalLM(hf.GPTJConfig(
        vocab_size=V, n_positions=24, n_embd=C, n_layer=2, n_head=2, rotary_dim=4,
        bos_token_id=36, eos_token_id=36, tie_word_embeddings=False)),
    "tiny-bloom": lambda: hf.BloomForCausalLM(hf.BloomConfig(
        vocab_size=V, hidden_size=18, n_layer=2, n_head=3, bos_token_id=36, eos_token_id=36,
        pad_token_id=3)),
    "tiny-bloom-normed": lambda: hf.BloomForCausalLM(hf.BloomConfig(
        vocab_size=V, hidden_size=C, n_layer=2, n_head=2, bos_token_id=36, eos_token_id=36,
        pad_token_id=3, apply_residual_connection_post_layernorm=True)),
    "tiny-cohere": lambda: hf.CohereForCausalLM(hf.CohereConfig(
        **{**LLAMA, "num_key_value_heads": 1}, logit_scale=1.0, rope_parameters=DEFAULT_ROPE)),
    "tiny-yarn": lambda: hf.LlamaForCausalLM(hf.LlamaConfig(
        **LLAMA, rope_parameters=dict(
            rope_theta=100.0, rope_type="yarn", factor=4.0, beta_fast=4.0, beta_slow=1.0,
            original_max_position_embeddings=8))),
    "tiny-window": lambda: hf.MistralForCausalLM(hf.MistralConfig(
        **LLAMA, sliding_window=4, rope_parameters=DEFAULT_ROPE)),
    "tiny-qwen2-window": lambda: hf.Qwen2ForCausalLM(hf.Qwen2Config(
        **LLAMA, use_sliding_window=True, sliding_window=3, max_window_layers=1,
        rope_parameters=DEFAULT_ROPE)),
    "tiny-bert-mlm": lambda: hf.BertForMaskedLM(hf.BertConfig(**BERT)),
    "tiny-bert-model": lambda: hf.BertModel(hf.BertConfig(**BERT)),
    "tiny-bert-pretraining": lambda: hf.BertForPreTraining(hf.BertConfig(**BERT)),
    "tiny-bert-labels": lambda: hf.BertForSequenceClassification(hf.BertConfig(
        **BERT, id2label=THREE, label2id={v: k for k, v in THREE.items()})),
    "tiny-bert-tokens": lambda: hf.BertForTokenClassification(hf.BertConfig(
        **BERT, id2label=THREE, label2id={v: k for k, v in THREE.items()})),
    "tiny-roberta-mlm": lambda: hf.RobertaForMaskedLM(hf.RobertaConfig(**BERT)),
    "tiny-roberta-labels": lambda: hf.RobertaForSequenceClassification(hf.RobertaConfig(
        **BERT, id2label=THREE, label2id={v: k for k, v in THREE.items()})),
    "tiny-roberta-tokens": lambda: hf.RobertaForTokenClassification(hf.RobertaConfig(**BERT)),
    "tiny-t5": lambda: hf.T5ForConditionalGeneration(hf.T5Config(
        **T5, decoder_start_token_id=0)),
    "tiny-flan": lambda: hf.T5ForConditionalGeneration(hf.T5Config(
        **T5, decoder_start_token_id=0, feed_forward_proj="gated-gelu",
        tie_word_embeddings=False)),
    "tiny-bart": lambda: hf.BartForConditionalGeneration(hf.BartConfig(
        **SEQ, scale_embedding=True)),
    "tiny-marian": lambda: hf.MarianMTModel(hf.MarianConfig(
        **SEQ, activation_function="relu", pad_token_id=36, decoder_start_token_id=36,
        eos_token_id=0)),
}
BEAMS = [dict(num_beams=3, length_penalty=1.0, early_stopping=False),
         dict(num_beams=4, length_penalty=0.5, early_stopping=True),
         dict(num_beams=2, length_penalty=2.0, early_stopping=False)]


def main():
    torch.set_num_threads(1)
    hf.logging.set_verbosity_error()
    for name, make in VARIANTS.items():
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        torch.manual_seed(zlib.crc32(name.encode()))  # adding one leaves the others alone
        model = make().float().eval()
        model.set_attn_implementation("eager")
        if name == "tiny-flan":
            # Published files of this kind keep a projection of their own.
            model.lm_head.weight = torch.nn.Parameter(model.lm_head.weight.detach().clone())
        with torch.no_grad():
            for path, p in model.named_parameters():
                if not p.requires_grad:  # Marian's sines and cosines
                    continue
                isNorm = ("norm" in path.lower() or "ln_" in path) and path.endswith("weight")
                p.normal_(mean=1.0 if isNorm else 0.0, std=0.3)
            for path, b in model.named_buffers():
                if path == "final_logits_bias":
                    b.normal_(std=0.3)
        folder = HERE / name
        shutil.rmtree(folder, ignore_errors=True)
        if hasattr(model, "generation_config") and model.generation_config is not None:
            model.generation_config = hf.GenerationConfig(do_sample=False)
        model.save_pretrained(folder)
        config = model.config
        time = 9
        ids = torch.randint(4, 36, (2, time))
        record = {"made_by": "make_family_goldens.py", "folder": name, "ids": ids.tolist(),
                  "versions": {"torch": torch.__version__.split("+")[0],
                               "transformers": hf.__version__}}
        tensors = {}
        inputs = dict(input_ids=ids)
        two = config.is_encoder_decoder
        encoder = config.model_type in ("bert", "roberta")
        labels = ids
        if two or encoder:
            mask = torch.ones(2, time, dtype=torch.long)
            mask[1, 6:] = 0
            pad = config.pad_token_id
            ids[1, 6:] = pad
            record["ids"], record["mask"] = ids.tolist(), mask.tolist()
            inputs["attention_mask"] = mask
        if config.model_type == "bert":
            segments = (torch.arange(time) > 4).long().expand(2, time).contiguous()
            record["segments"] = segments.tolist()
            inputs["token_type_ids"] = segments
        if encoder:
            labels = torch.where(torch.rand(2, time) < 0.4, torch.randint(4, 36, (2, time)), -100)
            labels = labels.masked_fill(mask == 0, -100)
            if "ForSequence" in type(model).__name__:
                labels = torch.tensor([2, 0])
            if "ForToken" in type(model).__name__:
                labels = torch.randint(0, config.num_labels, (2, time))
                labels[1, 6:] = -100
        if two:
            labels = torch.randint(4, 36, (2, 7))
            labels[1, 5:] = -100
        if name != "tiny-bert-model":
            # Next sentence is trained by the next version of nobody: the words alone.
            if name != "tiny-bert-pretraining":
                inputs["labels"] = labels
            record["labels"] = labels.tolist()
        out = model(**inputs, output_hidden_states=True)
        if name == "tiny-bert-pretraining":
            out.loss = torch.nn.functional.cross_entropy(
                out.prediction_logits.flatten(0, 1), labels.flatten(), ignore_index=-100)
            tensors["logits"] = out.prediction_logits
        elif name == "tiny-bert-model":
            tensors["last_hidden_state"], tensors["pooled"] = out.last_hidden_state, out.pooler_output
        else:
            tensors["logits"] = out.logits
        if two:
            for part in ("encoder", "decoder"):
                for i, h in enumerate(getattr(out, part + "_hidden_states")):
                    tensors[f"{part}.hidden_states.{i}"] = h
        else:
            for i, h in enumerate(out.hidden_states):
                tensors[f"hidden_states.{i}"] = h
        if "labels" in record:
            record["loss"] = out.loss.item()
            model.zero_grad()
            out.loss.backward()
            for path, p in model.named_parameters():
                if p.grad is not None:
                    tensors["gradients." + path] = p.grad
        if not encoder:
            source = dict(input_ids=ids[:1])
            skip = 0 if not two else 1
            common = dict(do_sample=False, max_new_tokens=10,
                          pad_token_id=config.pad_token_id if two else 3)
            if two:
                common["decoder_start_token_id"] = config.decoder_start_token_id
                skip = 1
            else:
                skip = time
            end = config.eos_token_id
            common["eos_token_id"] = end if end is not None else 36
            record["end"] = common["eos_token_id"]
            record["greedy"] = model.generate(**source, **common)[0, skip:].tolist()
            record["beams"] = [
                {**settings, "ids": model.generate(**source, **common, **settings)[0, skip:].tolist()}
                for settings in BEAMS]
        save_file({k: v.detach().float().contiguous().clone() for k, v in tensors.items()},
                  HERE / f"{name}.golden.safetensors")
        (HERE / f"{name}.golden.json").write_text(json.dumps(record, separators=(",", ":")) + "\n")
        print(name, record.get("loss"), sum(p.numel() for p in model.parameters()),
              record.get("greedy"), record.get("beams"))


if __name__ == "__main__":
    main()
