"""What torchvision and PyTorch's autograd say, for tests/interop. Needs python3-torch and python3-torchvision.

  torchvision_peer.py probe
  torchvision_peer.py make NETWORK FOLDER       weights in both containers, and reference.safetensors
  torchvision_peer.py check NETWORK FOLDER FILE loads FILE strictly, and prints how far its logits are off
  torchvision_peer.py script FOLDER FILE        the same for a TorchScript file
"""

import copy
import json
import struct
import sys
import warnings

import torch
import torchvision
from torch import nn

LABELS = 3
LAYERS = {  # that Grad-CAM looks at
    "vgg16": "features.30",
    "vgg19": "features.36",
    "resnet18": "layer4",
    "resnet101": "layer4",
    "densenet121": "features.norm5",
    "densenet201": "features.norm5",
    "mobilenet_v2": "features.18",
    "squeezenet1_0": "features.12",
    "squeezenet1_1": "features.12",
    "inception_v3": "Mixed_7c",
}
TYPES = {"F32": torch.float32, "F64": torch.float64, "I64": torch.int64}


def write_safetensors(file, tensors):
    header, parts, position = {}, [], 0
    for name, tensor in tensors.items():
        data = tensor.detach().contiguous().numpy().tobytes()
        kind = next(key for key, value in TYPES.items() if value == tensor.dtype)
        header[name] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": [position, position + len(data)]}
        position += len(data)
        parts.append(data)
    text = json.dumps(header).encode()
    with open(file, "wb") as stream:
        stream.write(struct.pack("<Q", len(text)) + text)
        for part in parts:
            stream.write(part)


def read_safetensors(file):
    with open(file, "rb") as stream:
        header = json.loads(stream.read(struct.unpack("<Q", stream.read(8))[0]))
        data = bytearray(stream.read())
    header.pop("__metadata__", None)
    return {
        name: torch.frombuffer(data[slice(*entry["data_offsets"])], dtype=TYPES[entry["dtype"]]).reshape(entry["shape"])
        for name, entry in header.items()
    }


def build(name):
    options = {"aux_logits": True, "init_weights": True} if name == "inception_v3" else {}
    return getattr(torchvision.models, name)(weights=None, num_classes=LABELS, **options)


def input_size(name):
    return 299 if name == "inception_v3" else 224


def trained_like(name):
    """Random weights, but norms whose statistics and weights are their own, and a head with a preference."""
    torch.manual_seed(20260314)
    model = build(name)
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    with torch.no_grad():
        for norm in norms:
            norm.weight.uniform_(0.6, 1.2)
            norm.bias.uniform_(-0.2, 0.2)
            norm.momentum = None  # averages all batches
        for module in model.modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)) and module.bias is not None:
                module.bias.uniform_(-0.05, 0.15)
        model.train()
        for _ in range(2 if norms else 0):  # statistics of images like those of the test
            model(torch.randn(2, 3, input_size(name), input_size(name)))
        for norm in norms:
            norm.momentum = 0.1
        if name.startswith("squeezenet"):
            model.classifier[1].bias.fill_(0.2)  # its head ends with a ReLU
            model.classifier[1].weight.mul_(5)
    return model.eval()


def cams(model, layer, images):
    """Selvaraju et al. 2017 as published: a hook on the layer, and a whole backward pass for each class."""
    maps = []
    for label in range(LABELS):
        seen = {}

        def keep(_module, _inputs, output):
            seen["activations"] = output
            output.register_hook(lambda gradient: seen.update(gradient=gradient))

        handle = dict(model.named_modules())[layer].register_forward_hook(keep)
        model.zero_grad()
        model(images)[:, label].sum().backward()
        handle.remove()
        weights = seen["gradient"].mean(dim=(2, 3), keepdim=True)
        maps.append((weights * seen["activations"]).sum(1).relu().detach())
    return torch.stack(maps, 1)


def training_step(model, images, targets):
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0  # its draws cannot be compared
    model.train()
    model.zero_grad()
    outputs = model(images)
    loss_of = nn.CrossEntropyLoss()
    if isinstance(outputs, torchvision.models.InceptionOutputs):
        loss = loss_of(outputs.logits, targets) + 0.4 * loss_of(outputs.aux_logits, targets)
    else:
        loss = loss_of(outputs, targets)
    loss.backward()
    return loss.detach(), {name: parameter.grad for name, parameter in model.named_parameters()}


def make(name, folder):
    model = trained_like(name)
    torch.save(model.state_dict(), f"{folder}/zip.pth")
    torch.save(model.state_dict(), f"{folder}/legacy.pth", _use_new_zipfile_serialization=False)
    images = torch.randn(2, 3, input_size(name), input_size(name))
    targets = torch.tensor([2, 0])
    with torch.no_grad():
        logits = model(images)
        exact = copy.deepcopy(model).double()(images.double()).float()
    maps = cams(model, LAYERS[name], images)
    loss, gradients = training_step(model, images, targets)
    reference = {"images": images, "targets": targets, "logits": logits, "exact": exact, "maps": maps, "loss": loss}
    reference.update({"gradient." + key: value for key, value in gradients.items()})
    write_safetensors(f"{folder}/reference.safetensors", reference)


def print_difference(model, folder):
    reference = read_safetensors(f"{folder}/reference.safetensors")
    with torch.no_grad():
        print((model(reference["images"]) - reference["logits"]).abs().max().item())


def check(name, folder, file):
    model = build(name).eval()
    model.load_state_dict(read_safetensors(file), strict=True)
    print_difference(model, folder)


def main(command, *arguments):
    warnings.filterwarnings("ignore")
    if command == "make":
        make(*arguments)
    elif command == "check":
        check(*arguments)
    elif command == "script":
        folder, file = arguments
        print_difference(torch.jit.load(file).eval(), folder)
    elif command == "probe":
        print("PyTorch", torch.__version__, "torchvision", torchvision.__version__)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(*sys.argv[1:])
