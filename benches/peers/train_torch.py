"""Training steps of PyTorch eager f32, for comparison with the engine's own trainer (`benches/train.rs`).

One step is what the trainer does: forward in training mode with dropout 0.1, the heads' losses, backward, clipping to
norm 1, one AdamW step. Encoder: BertModel of 4 layers x 512, 8 heads, FFN 2048, vocabulary 21,128, random weights.
Each result is a line of tab-separated fields:

    R  engine  lengths  batch  threads  rows/s  rows/CPU-s  padding
"""

import argparse
import pathlib
import random
import time

import torch
from torch import nn
from transformers import BertConfig, BertModel

# Heads as in retail-v1: one linear layer on the [CLS] state each.
ONE_OF = {"category": 28, "department": 9, "priority": 3, "emotion": 7, "intensity": 4}
MANY_OF = {"secondary": 28, "flags": 12}
VOCABULARY = 21128


class MultiTask(nn.Module):
    def __init__(self, attention, dropout):
        super().__init__()
        config = BertConfig(
            vocab_size=VOCABULARY, hidden_size=512, num_hidden_layers=4, num_attention_heads=8, intermediate_size=2048,
            hidden_dropout_prob=dropout, attention_probs_dropout_prob=dropout, attn_implementation=attention,
        )
        self.bert = BertModel(config, add_pooling_layer=False)
        self.dropout = nn.Dropout(dropout)
        self.heads = nn.ModuleDict({name: nn.Linear(512, n) for name, n in {**ONE_OF, **MANY_OF, "sentiment": 1}.items()})

    def forward(self, ids, mask, targets):
        cls = self.dropout(self.bert(input_ids=ids, attention_mask=mask).last_hidden_state[:, 0])
        loss = nn.functional.mse_loss(self.heads["sentiment"](cls).squeeze(1), targets["sentiment"])
        for name in ONE_OF:
            loss = loss + nn.functional.cross_entropy(self.heads[name](cls), targets[name], label_smoothing=0.05)
        for name in MANY_OF:
            loss = loss + nn.functional.binary_cross_entropy_with_logits(self.heads[name](cls), targets[name])
        return loss


PASS = 25  # batches of one pass over a mix of lengths


def group_lengths(lengths, size, order, seed):
    """The lengths of each batch of a pass. `bucketed`: all lengths sorted, cut to batches, and of these PASS that lie evenly
    from the shortest to the longest, so that a pass stands for the whole set; `shuffled`: the first PASS as they come."""
    lengths = lengths[:]
    random.Random(seed).shuffle(lengths)
    if order == "bucketed":
        lengths.sort()
    groups = [lengths[i : i + size] for i in range(0, len(lengths) - size + 1, size)]
    if order != "bucketed":
        return groups[:PASS]
    return [groups[(2 * i + 1) * len(groups) // (2 * PASS)] for i in range(PASS)]


def make_batches(lengths, size, order, seed):
    groups = [lengths[:size]] if order == "fixed" else group_lengths(lengths, size, order, seed)
    generator = torch.Generator().manual_seed(seed)
    batches = []
    for group in groups:
        longest = max(group)
        mask = (torch.arange(longest)[None, :] < torch.tensor(group)[:, None]).long()
        ids = torch.randint(106, VOCABULARY, (size, longest), generator=generator) * mask
        ids[:, 0] = 101
        targets = {name: torch.randint(0, n, (size,), generator=generator) for name, n in ONE_OF.items()}
        targets |= {name: (torch.rand(size, n, generator=generator) < 0.1).float() for name, n in MANY_OF.items()}
        targets["sentiment"] = torch.rand(size, generator=generator) * 2 - 1
        batches.append((ids, mask, targets))
    padding = 1 - sum(map(sum, groups)) / sum(size * max(group) for group in groups)
    return batches, padding


def optimiser(model, kind):
    decay = [p for p in model.parameters() if p.dim() > 1]
    plain = [p for p in model.parameters() if p.dim() <= 1]
    groups = [{"params": decay, "weight_decay": 0.01}, {"params": plain, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=1.5e-4, fused=kind == "fused", foreach=kind == "foreach")


def measure(args, attention, kind, lengths, batch, order):
    torch.manual_seed(17)
    model = MultiTask(attention, args.dropout).train()
    adamw = optimiser(model, kind)
    batches, padding = make_batches(lengths, batch, order, seed=17)

    def step(i):
        ids, mask, targets = batches[i]
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=args.bf16):
            loss = model(ids, mask, targets)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        adamw.step()
        adamw.zero_grad(set_to_none=True)
        return loss

    for i in range(args.warm_up):
        step(len(batches) - 1 - i % len(batches))
    wall, cpu, rows = time.perf_counter(), time.process_time(), 0
    while time.perf_counter() - wall < args.seconds:  # whole passes: the clock is looked at between them
        for i in range(len(batches)):
            loss = step(i)
        rows += batch * len(batches)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    assert torch.isfinite(loss), loss
    return rows / wall, rows / cpu, padding


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lengths", default="64,128", help="fixed lengths, or a file of lengths (one a line), by comma")
    parser.add_argument("--batch", default="16,32")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--attention", default="eager,sdpa")
    parser.add_argument("--adamw", default="fused", help="of fused, foreach, loop")
    parser.add_argument("--order", default="bucketed", help="of bucketed, shuffled; for a file of lengths")
    parser.add_argument("--bf16", action="store_true", help="forward and loss under bf16 autocast")
    parser.add_argument("--limit", type=int, default=128, help="longer texts are cut to this many pieces")
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--warm-up", type=int, default=3, help="steps before the clock starts")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.set_num_interop_threads(1)

    for name in args.lengths.split(","):
        fixed = name.isdigit()
        lengths = [int(name)] * 3200 if fixed else [min(int(n), args.limit) for n in pathlib.Path(name).read_text().split()]
        for order in ["fixed"] if fixed else args.order.split(","):
            for batch in map(int, args.batch.split(",")):
                for attention in args.attention.split(","):
                    for kind in args.adamw.split(","):
                        rate, per_cpu, padding = measure(args, attention, kind, lengths, batch, order)
                        label = name if fixed else f"mix-{order}"
                        print(
                            f"R\ttorch-{attention}-{kind}{'-bf16' * args.bf16}\t{label}\t{batch}\t{args.threads}"
                            f"\t{rate:.2f}\t{per_cpu:.2f}\t{padding:.1%}", flush=True,
                        )


if __name__ == "__main__":
    main()
