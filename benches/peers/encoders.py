"""Texts a second of other inference engines on the shipped bundle's encoder, for comparison with `benches/encode.rs`.

All run the same work: pieces of models/retail's weights (dequantised to f32) in, logits of all heads out. One ONNX graph is
written for OpenVINO and ONNX Runtime; PyTorch gets the same weights in transformers' BertModel. Each result is a line of
tab-separated fields, as `cargo bench --bench encode` prints them; everything else goes to stderr:

    R  engine  lengths  batch  threads  texts/s
"""

import argparse
import contextlib
import json
import logging
import pathlib
import sys
import tempfile
import time

import numpy as np
from encoder_graph import BUNDLE, CONFIG, ROOT, VOCABULARY, export, load_weights, reference

LIMIT = 128  # longer texts are cut
MIX = 256  # texts of the real mix


class Unavailable(Exception):
    """This machine cannot run the engine."""


def pad(texts):
    """Ids and mask of a batch, padded to its longest text."""
    longest = max(map(len, texts))
    ids, mask = (np.zeros((len(texts), longest), np.int64) for _ in range(2))
    for row, text in enumerate(texts):
        ids[row, : len(text)], mask[row, : len(text)] = text, 1
    return ids, mask


def make_batches(lengths, size):
    """The batches of `benches/encode.rs`: the k-th piece of a batch, padding not counted, is (37 k) mod the vocabulary."""
    if lengths.isdigit():
        mix = [int(lengths)] * size
    else:
        file = (ROOT / "benches/lengths-retail.txt").read_text().split()
        mix = [min(int(n), LIMIT) for n in file[:MIX]]
        mix = {"real": mix, "real-sorted": sorted(mix)}[lengths]
    batches = []
    for at in range(0, len(mix), size):
        group = mix[at : at + size]
        pieces = np.arange(sum(group)) * 37 % VOCABULARY
        batches.append(pad(np.split(pieces, np.cumsum(group)[:-1])))
    return batches


def real_texts(file, count):
    """Pieces of the first written complaints of a file."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(BUNDLE / "tokenizer.json"))
    with open(ROOT / "datasets/retail" / file, encoding="utf-8") as lines:
        return [tokenizer.encode(json.loads(next(lines))["text"]).ids[:LIMIT] for _ in range(count)]


def openvino(variant, graph, threads):
    import openvino as ov

    core = ov.Core()
    if variant == "bf16" and "BF16" not in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        raise Unavailable("the CPU has no bf16")
    if variant == "int8":
        quantised = graph.with_name("openvino-int8.xml")
        if not quantised.exists():
            import nncf

            logging.getLogger("nncf").setLevel(logging.ERROR)
            batches = [dict(zip(("ids", "mask"), pad([text]))) for text in real_texts("train.jsonl", 300)]
            with contextlib.redirect_stdout(sys.stderr):  # it draws progress bars
                model = nncf.quantize(core.read_model(graph), nncf.Dataset(batches), model_type=nncf.ModelType.TRANSFORMER)
            ov.save_model(model, quantised, compress_to_fp16=False)
        graph = quantised
    # f32 is asked for by name: where the CPU has bf16, OpenVINO takes that on its own for whatever is not int8.
    precision = "bf16" if variant == "bf16" else "f32"
    hints = {"INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1, "PERFORMANCE_HINT": "LATENCY"}
    compiled = core.compile_model(graph, "CPU", hints | {"INFERENCE_PRECISION_HINT": precision})
    request = compiled.create_infer_request()
    return lambda ids, mask: request.infer({"ids": ids, "mask": mask}, share_inputs=True)[0]


def onnxruntime(variant, graph, threads):
    import onnxruntime as ort

    if variant == "int8":
        quantised = graph.with_name("onnxruntime-int8.onnx")
        if not quantised.exists():
            from onnxruntime.quantization import QuantType, quantize_dynamic

            logging.getLogger().setLevel(logging.ERROR)  # it recommends its own preprocessing, which changes nothing here
            # Without VNNI sums of two products saturate at 16 bits, so its manual has weights of 7 bits there.
            processor = pathlib.Path("/proc/cpuinfo").read_text()
            narrow = "avx2" in processor and "vnni" not in processor
            quantize_dynamic(
                graph, quantised, per_channel=True, reduce_range=narrow, weight_type=QuantType.QInt8,
                op_types_to_quantize=["MatMul"],
            )
        graph = quantised
    options = ort.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    session = ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    return lambda ids, mask: session.run(None, {"ids": ids, "mask": mask})[0]


def torch_eager(weights, threads):
    import torch
    from transformers import BertConfig, BertModel

    torch.set_num_threads(threads)
    model = BertModel(BertConfig(**CONFIG, attn_implementation="eager"), add_pooling_layer=False).float().eval()
    tensors = {name: torch.from_numpy(tensor) for name, tensor in weights.items()}
    heads = tensors.pop("heads.weight"), tensors.pop("heads.bias")
    model.load_state_dict(tensors)

    @torch.no_grad()
    def run(ids, mask):
        states = model(input_ids=torch.from_numpy(ids), attention_mask=torch.from_numpy(mask)).last_hidden_state
        return torch.nn.functional.linear(states[:, 0], *heads).numpy()

    return run


def check(name, run, weights):
    """Real and made-up texts of several lengths in one batch, so that a mistake with padding shows as well."""
    texts = real_texts("dev.jsonl", 6) + [np.arange(n) * 37 % VOCABULARY for n in (1, 16, 100)]
    expected = np.stack([reference(weights, text) for text in texts])
    logits = run(*pad(texts))
    assert logits.shape == expected.shape, logits.shape
    difference = np.abs(logits - expected).max()
    print(f"{name}: logits differ by at most {difference:.2g}, the largest is {np.abs(expected).max():.2f}", file=sys.stderr)
    if name.endswith("f32") and not difference < 1e-3:
        sys.exit(f"error: {name} computes something else")


def measure(run, batches, seconds):
    """Median texts a second over whole passes, as in `benches/encode.rs`."""
    texts = sum(len(ids) for ids, _ in batches)

    def once():
        start = time.perf_counter()
        for ids, mask in batches:
            run(ids, mask)
        return texts / (time.perf_counter() - start)

    once()
    rates, start = [], time.perf_counter()
    while len(rates) < 3 or time.perf_counter() - start < seconds:
        rates.append(once())
    return sorted(rates)[len(rates) // 2]


ENGINES = "openvino-f32,openvino-bf16,openvino-int8,onnxruntime-f32,onnxruntime-int8,torch-eager-f32"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engines", default=ENGINES)
    parser.add_argument("--lengths", default="16,32,64,128,real,real-sorted")
    parser.add_argument("--batch", default="1,8,32")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=1, help="for each cell")
    parser.add_argument("--graphs", type=pathlib.Path, help="keep the graphs here and use those that are there already")
    args = parser.parse_args()

    weights = load_weights()
    with tempfile.TemporaryDirectory() as scratch:
        folder = args.graphs or pathlib.Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        graph = folder / "encoder.onnx"
        if not graph.exists():
            export(weights, graph)
        for name in args.engines.split(","):
            maker, _, variant = name.partition("-")
            try:
                if maker == "torch":
                    run = torch_eager(weights, args.threads)
                else:
                    run = {"openvino": openvino, "onnxruntime": onnxruntime}[maker](variant, graph, args.threads)
            except (ImportError, Unavailable) as reason:
                print(f"{name}: left out: {reason}", file=sys.stderr)
                continue
            check(name, run, weights)
            for lengths in args.lengths.split(","):
                for batch in map(int, args.batch.split(",")):
                    rate = measure(run, make_batches(lengths, batch), args.seconds)
                    print(f"R\t{name}\t{lengths}\t{batch}\t{args.threads}\t{rate:.1f}", flush=True)


if __name__ == "__main__":
    main()
