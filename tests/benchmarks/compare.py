#!/usr/bin/python3
"""Hilum beside PyTorch, torchvision, PIL and ONNX Runtime: ratios from one run, with the same threads and sizes.

Peers: Debian's python3-torch, python3-torchvision, python3-pil; onnxruntime-node is fetched with npm into
--cache. A peer that is not there is said to be absent. Hilum and its peer run in turn, --rounds times, so that
what else the machine does slows both; figures are medians.
"""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

try:
    import torch
    import torchvision
except ImportError:
    torch = torchvision = None
try:
    import PIL
    from PIL import Image
except ImportError:
    PIL = Image = None

BATCH = 16
PX = 224
CLASSES = 3
FASTEST_NETWORKS = "resnet18,mobilenet_v2,squeezenet1_1"
# A program's seconds, peak memory in MB and exit status. In a small process of its own: Linux counts the memory of
# the process that starts a program as the program's.
MEASURE = """
import json, os, subprocess, sys, time
start = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
print(json.dumps([time.perf_counter() - start, usage.ru_maxrss / 1024, os.waitstatus_to_exitcode(status)]))
"""
SECTIONS = ["input", "training", "cached", "prediction", "folder", "start"]


def parse_arguments():
    root = pathlib.Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cli", default=root / "build/release/bin/hilum-cli", type=pathlib.Path)
    parser.add_argument("--only", default=",".join(SECTIONS), help="sections, with commas")
    parser.add_argument("--networks", default="resnet101,densenet201,vgg19")
    parser.add_argument("--rounds", default=3, type=int)
    parser.add_argument("--threads", default=os.cpu_count(), type=int)
    parser.add_argument("--films", default=1000, type=int, help="films of section folder")
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    parser.add_argument("--cache", default=pathlib.Path(cache) / "hilum-benchmarks", type=pathlib.Path)
    return parser.parse_args()


class Hilum:
    def __init__(self, cli, threads):
        self.cli, self.threads = cli, threads

    def benchmark(self, *arguments):
        """{what: value} of one run of `hilum-cli benchmark`."""
        command = [self.cli, "benchmark", "--json", "--threads", str(self.threads), *map(str, arguments)]
        output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        lines = [json.loads(line) for line in output.splitlines()]
        self.header = {line["key"]: line["text"] for line in lines if "key" in line}
        return {line["what"]: line["value"] for line in lines if "what" in line}

    def models(self):
        """Files of the models that ship."""
        return sorted(self.cli.resolve().parents[3].glob("resources/models/*.safetensors"))

    def phantoms(self, folder, count, size):
        subprocess.run([self.cli, "phantom", "--out", folder, "--count", str(count), "--size", str(size)],
                       check=True, stderr=subprocess.DEVNULL)
        return folder / "films"


class Table:
    """what, Hilum, peer, ratio, target; the ratio is in Hilum's favour where it is above 1."""

    def row(self, what, hilum, peer, unit, peer_name, target=None):
        if peer is None:
            print(f"{what:44} {hilum:9.2f} {unit:14} {peer_name} is absent")
            return
        ratio = hilum / peer if unit == "films/s" else peer / hilum
        verdict = "" if target is None else f"  target {target:g}: {'met' if ratio >= target else 'NOT met'}"
        print(f"{what:44} {hilum:9.2f} {peer:9.2f} {unit:14} {ratio:6.2f} x {peer_name}{verdict}", flush=True)


def medians(runs):
    return {key: statistics.median(run[key] for run in runs) for key in runs[0]}


def processor_ms(work, repeats):
    work()
    times = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return 1e3 * statistics.median(times)


# --- peers ---

class PilPipeline:
    """ImageFolder's way: RGB, Resize, then the same augmentation as Hilum's default."""

    def __init__(self):
        from torchvision import transforms as T
        torch.set_num_threads(1)
        self.resize = T.Resize((PX, PX))
        self.augment = T.Compose([
            T.RandomHorizontalFlip(),
            T.RandomAffine(10, (0.05, 0.05), (0.9, 1.1), interpolation=T.InterpolationMode.BILINEAR),
            T.ColorJitter(brightness=0.1, contrast=0.1), T.ToTensor(),
            T.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])])

    def figures(self, folder):
        files = sorted(p for p in folder.rglob("*") if p.is_file())
        cached = [self.resize(Image.open(f).convert("RGB")) for f in files]
        return {
            "decode, resize and augment": processor_ms(
                lambda: [self.augment(self.resize(Image.open(f).convert("RGB"))) for f in files], 2) / len(files),
            "augment from memory": processor_ms(lambda: [self.augment(c) for c in cached], 3) / len(files)}


class TorchNetwork:
    def __init__(self, name, threads):
        torch.set_num_threads(threads)
        self.network = getattr(torchvision.models, name)(num_classes=CLASSES)

    def training_films_per_second(self, steps=2):
        """The loop of every tutorial: fp32, contiguous, SGD."""
        self.network.train()
        optimiser = torch.optim.SGD(self.network.parameters(), lr=1e-6, momentum=0.9)
        images, labels = torch.rand(BATCH, 3, PX, PX), torch.randint(CLASSES, (BATCH,))

        def step():
            loss = torch.nn.functional.cross_entropy(self.network(images), labels)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        step()
        start = time.perf_counter()
        for _ in range(steps):
            step()
        return steps * BATCH / (time.perf_counter() - start)

    def forward_ms(self, batch=1, repeats=5):
        self.network.eval()
        images = torch.rand(batch, 3, PX, PX)
        with torch.no_grad():
            self.network(images)
            times = []
            for _ in range(repeats):
                start = time.perf_counter()
                self.network(images)
                times.append(time.perf_counter() - start)
        return 1e3 * statistics.median(times)

    def grad_cam_ms(self, classes):
        """pytorch-grad-cam's way: a forward and a full backward pass per class."""
        self.network.eval()
        image = torch.rand(1, 3, PX, PX, requires_grad=True)
        start = time.perf_counter()
        for label in range(classes):
            self.network.zero_grad()
            self.network(image)[0, label].backward()
        return 1e3 * (time.perf_counter() - start)


class OnnxRuntime:
    def __init__(self, cache, threads):
        self.cache, self.threads = cache, threads
        self.node = shutil.which("node")
        if self.node and not (cache / "node_modules/onnxruntime-node").exists() and shutil.which("npm"):
            cache.mkdir(parents=True, exist_ok=True)
            subprocess.run(["npm", "install", "--silent", "--ignore-scripts", "--prefix", cache, "onnxruntime-node"],
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.present = bool(self.node and torch and (cache / "node_modules/onnxruntime-node").exists())

    def version(self):
        package = self.cache / "node_modules/onnxruntime-node/package.json"
        return json.loads(package.read_text())["version"] if self.present else "absent"

    def forward_ms(self, name, repeats):
        if not self.present:
            return None
        model = self.cache / f"{name}.onnx"
        if not model.exists():
            network = getattr(torchvision.models, name)(num_classes=CLASSES).eval()
            torch.onnx.export(network, torch.rand(1, 3, PX, PX), model, opset_version=13)
        script = pathlib.Path(__file__).with_name("onnx_forward.cjs")
        output = subprocess.run([self.node, script, model, str(self.threads), str(repeats), str(PX)], check=True,
                                stdout=subprocess.PIPE, text=True,
                                env={**os.environ, "NODE_PATH": str(self.cache / "node_modules")}).stdout
        return statistics.median(float(line) for line in output.split())


# --- sections ---

def compare_input(arguments, hilum, table, scratch):
    folders = [hilum.phantoms(scratch / "phantoms", 3, 1024).rename(scratch / "png")]
    if Image:
        folders.append(scratch / "jpeg")
        for file in sorted(folders[0].rglob("*.png")):
            target = folders[1] / file.relative_to(folders[0]).with_suffix(".jpg")
            target.parent.mkdir(parents=True, exist_ok=True)
            Image.open(file).save(target, quality=90)
    peer = PilPipeline() if torch and Image else None
    # A frozen network, which only reads, must never wait: one core prepares films, both compute.
    read = hilum.benchmark("--only", "prediction", "--networks", FASTEST_NETWORKS)
    fastest = 1e3 / min(ms for what, ms in read.items() if what.endswith("probabilities"))
    for folder in folders:
        ours, theirs = [], []
        for _ in range(arguments.rounds):
            ours.append(hilum.benchmark("--only", "input", "--films", folder))
            theirs.append(peer.figures(folder) if peer else {})
        ours, theirs = medians(ours), medians(theirs)
        for what, target in (("decode, resize and augment", 1.6), ("augment from memory", 10)):
            table.row(f"{what}, 1024² {folder.name}", ours[f"{what}, {folder.name}"], theirs.get(what),
                      "ms/film/core", "PIL + torchvision", target)
        table.row(f"augment from memory, {folder.name}", 1e3 / ours[f"augment from memory, {folder.name}"], fastest,
                  "films/s", "the fastest frozen network", 4)


def compare_training(arguments, hilum, table, sections):
    for name in arguments.networks.split(","):
        if name == "vgg19" and arguments.networks != "vgg19":
            continue  # 120 M weights in its head: a matter of memory
        network = TorchNetwork(name, arguments.threads) if torch else None
        ours, cached, theirs = [], [], []
        for _ in range(arguments.rounds):
            if "training" in sections:
                ours.append(hilum.benchmark("--only", "training", "--networks", name, "--repeats", 1))
            if network:
                theirs.append(network.training_films_per_second())
            if "cached" in sections:
                cached.append(hilum.benchmark("--only", "cached", "--networks", name))
        theirs = statistics.median(theirs) if theirs else None
        loop = "PyTorch's fp32 loop, all layers"
        for what, value in (medians(ours) if ours else {}).items():
            table.row(what, value, theirs, "films/s", loop, 2.5 if what.endswith("bf16") else 1.25)
        for what, value in (medians(cached) if cached else {}).items():
            narrow = any("bf16" in other for other in cached[0])  # then that is what the user gets
            if "last block" in what and what.endswith("on cached features"):
                table.row(what, value, theirs, "films/s", loop, 12 if ("bf16" in what) == narrow else None)
            elif "ten epochs" in what:
                verdict = f"  target 1.3: {'met' if value <= 1.3 else 'NOT met'}" if "head" in what else ""
                print(f"{what:44} {value:9.2f} x{verdict}")
            else:
                table.row(what, value, theirs, "films/s", loop)


def compare_prediction(arguments, hilum, table):
    runtime = OnnxRuntime(arguments.cache, arguments.threads)
    print(f"onnxruntime-node: {runtime.version()}")
    # At most so much of the time of ONNX Runtime's forward; at least so many times as fast as a full backward.
    onnx_targets = {"fp32": {"resnet101": 0.85, "densenet201": 0.75, "vgg19": 0.45},
                    "bf16": {"resnet101": 0.5, "densenet201": 0.45, "vgg19": 0.5}}
    backward_targets = {"resnet101": (10, 30), "densenet201": (12, 35), "vgg19": (10, 30)}
    for name in arguments.networks.split(","):
        network = TorchNetwork(name, arguments.threads) if torch else None
        ours, forward, onnx, cam1, cam3, batch = [], [], [], [], [], []
        for _ in range(arguments.rounds):
            ours.append(hilum.benchmark("--only", "prediction", "--networks", name))
            onnx.append(runtime.forward_ms(name, 7))
            if network:
                forward.append(network.forward_ms())
                cam1.append(network.grad_cam_ms(1))
                cam3.append(network.grad_cam_ms(3))
                batch.append(1e3 * BATCH / network.forward_ms(BATCH, 1))
        ours = medians(ours)
        middle = lambda values: statistics.median(values) if values and None not in values else None
        for what, value in ours.items():
            narrow = ", bf16" in what
            if "three maps" not in what:
                table.row(what, 1e3 / value, middle(batch), "films/s", "torchvision eager, batch 16",
                          2.5 if narrow else None)
                continue
            limit = onnx_targets["bf16" if narrow else "fp32"].get(name)
            one, three = backward_targets.get(name, (None, None)) if narrow else (None, None)
            table.row(what, value, middle(onnx), "ms", "ONNX Runtime's forward alone", limit and 1 / limit)
            table.row(what, value, middle(forward), "ms", "torchvision eager, forward alone")
            table.row(what, value, middle(cam1), "ms", "full backward, one class", one)
            table.row(what, value, middle(cam3), "ms", "full backward, three classes", three)


def compare_folder(arguments, hilum, table, scratch):
    """No peer: films per second, start-up, and the peak memory of 100 films against all of them."""
    films = hilum.phantoms(scratch / "folder", (arguments.films + 2) // 3, 256)
    files = sorted(films.rglob("*.png"))
    peaks = {}
    for count in (min(100, len(files)), len(files)):
        command = [str(hilum.cli), "predict", "--json", *map(str, files[:count])]
        seconds, peaks[count], status = json.loads(
            subprocess.run([sys.executable, "-c", MEASURE, *command], check=True, stdout=subprocess.PIPE).stdout)
        print(f"predict on {count} films: {count / seconds:.1f} films/s, peak memory {peaks[count]:.1f} MB, "
              f"exit status {status}", flush=True)
    few, many = min(peaks), max(peaks)
    print(f"peak memory of {many} films against {few}: {peaks[many] / peaks[few]:.3f} x")
    for what, value in hilum.benchmark("--only", "folder").items():
        print(f"{what}: {value:.1f}")


def compare_start(arguments, hilum, scratch):
    """No peer: what passes from the start of the program until the window, the film and its reading are there."""
    film = next((hilum.phantoms(scratch / "start", 1, 1024)).rglob("*.png"))
    models = {"starter model": (["--model", next(m for m in hilum.models() if m.stem == "starter")], 600)}
    for name in ("densenet201",):
        run = scratch / name
        subprocess.run([hilum.cli, "train", "--data", scratch / "start/films", "--network", name, "--out", run,
                        "--trainable", "head", "--epochs", "1", "--batch-size", "1", "--train-fraction", "1",
                        "--validation-fraction", "0", "--test-fraction", "0"], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        models[name] = (["--model", run / "model.safetensors"], 1000)
    for name, (options, limit) in models.items():
        runs = []
        for _ in range(2 * arguments.rounds + 1):
            start, times = time.perf_counter(), {}
            process = subprocess.Popen([hilum.cli.with_name("hilum"), "--milestones", *options, film],
                                       stdout=subprocess.PIPE, text=True,
                                       env={"QT_QPA_PLATFORM": "offscreen", **os.environ})
            for line in process.stdout:
                times[line.strip()] = 1e3 * (time.perf_counter() - start)
            process.wait()
            runs.append(times)
        middle = medians(runs[1:])  # the first one may measure which kernels are fast, and keeps it
        window, reading = middle["window"], middle["reading"]
        print(f"{name}: window after {window:.0f} ms (400: {'met' if window <= 400 else 'NOT met'}), film after "
              f"{middle['film']:.0f} ms, reading after {reading:.0f} ms ({limit}: "
              f"{'met' if reading <= limit else 'NOT met'})", flush=True)


def main():
    arguments = parse_arguments()
    sections = arguments.only.split(",")
    hilum, table = Hilum(arguments.cli, arguments.threads), Table()
    hilum.benchmark("--only", "folder", "--folder-films", 2, "--repeats", 1)
    for key, text in hilum.header.items():
        print(f"{key}: {text}")
    print(f"torch: {torch.__version__ if torch else 'absent'}, "
          f"torchvision: {torchvision.__version__ if torchvision else 'absent'}, "
          f"PIL: {PIL.__version__ if PIL else 'absent'}, Python {sys.version.split()[0]}")
    with tempfile.TemporaryDirectory(prefix="hilum-compare-") as folder:
        scratch = pathlib.Path(folder)
        if "input" in sections:
            compare_input(arguments, hilum, table, scratch)
        if "training" in sections or "cached" in sections:
            compare_training(arguments, hilum, table, sections)
        if "prediction" in sections:
            compare_prediction(arguments, hilum, table)
        if "folder" in sections:
            compare_folder(arguments, hilum, table, scratch)
        if "start" in sections:
            compare_start(arguments, hilum, scratch)


if __name__ == "__main__":
    main()
