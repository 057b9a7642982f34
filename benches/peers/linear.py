"""Texts a second of other linear classifiers on the words that `cargo bench --bench linear -- --words DIR` wrote: each learns the
category from train.txt and answers dev.txt, one thread. Prints lines as that bench does; accuracy goes to stderr:

    R  engine  texts  batch  threads  texts/s
"""

import argparse
import pathlib
import statistics
import sys
import tempfile
import time


def rows(file):
    """Categories and words of a file."""
    lines = [line.rstrip("\n").split(" ", 1) for line in open(file, encoding="utf-8")]
    return [line[0] for line in lines], [line[1] for line in lines]


def fasttext(train, threads):
    """fastText with pairs of words, as its tutorial for classification ends."""
    import fasttext as library

    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".txt") as file:
        file.writelines(f"__label__{label} {words}\n" for label, words in zip(*train))
        file.flush()
        model = library.train_supervised(file.name, epoch=25, lr=0.5, wordNgrams=2, thread=threads, verbose=0)
    prefix = len("__label__")

    def predict(texts):
        return [labels[0][prefix:] for labels in model.predict(texts)[0]]

    return predict


def sklearn(train, _):
    """TF-IDF over words and runs of characters, and a logistic regression, fitted by gradient descent: the exact solvers take minutes,
    and predict no faster."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import SGDClassifier
    from sklearn.pipeline import make_pipeline, make_union

    words = TfidfVectorizer(tokenizer=str.split, token_pattern=None, ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    characters = TfidfVectorizer(
        analyzer="char", preprocessor=lambda text: text.replace(" ", "").lower(), ngram_range=(1, 3), min_df=2, sublinear_tf=True
    )
    model = make_pipeline(make_union(words, characters), SGDClassifier(loss="log_loss", alpha=1e-5, random_state=17))
    model.fit(train[1], train[0])
    return model.predict


ENGINES = {"fasttext": fasttext, "sklearn": sklearn}


def main():
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--words", type=pathlib.Path, required=True, help="the folder of train.txt and dev.txt")
    flags.add_argument("--engines", default=",".join(ENGINES))
    flags.add_argument("--batch", default="1,1024")
    flags.add_argument("--threads", type=int, default=1)
    flags.add_argument("--seconds", type=float, default=2)
    flags = flags.parse_args()
    train, (labels, texts) = rows(flags.words / "train.txt"), rows(flags.words / "dev.txt")
    for name in flags.engines.split(","):
        predict = ENGINES[name](train, flags.threads)
        right = sum(a == b for a, b in zip(predict(texts), labels))
        print(f"{name}: {right / len(labels):.3f} of {len(labels)} categories right", file=sys.stderr)
        for batch in map(int, flags.batch.split(",")):
            batches = [texts[at : at + batch] for at in range(0, len(texts), batch)]
            rates, start = [], time.perf_counter()
            while len(rates) < 3 or time.perf_counter() - start < flags.seconds:
                begun = time.perf_counter()
                for one in batches:
                    predict(one)
                rates.append(len(texts) / (time.perf_counter() - begun))
            print(f"R\t{name}\tretail-dev\t{batch}\t{flags.threads}\t{statistics.median(rates):.0f}", flush=True)


if __name__ == "__main__":
    main()
