// node onnx_peer.cjs probe | MODEL.onnx REFERENCE.safetensors: prints how far the logits of ONNX Runtime are from the
// reference's in double precision. Needs the npm package onnxruntime-node (NODE_PATH names its node_modules).
const fs = require('fs');
const ort = require('onnxruntime-node');

function readTensor(file, name) {
  const bytes = fs.readFileSync(file);
  const headerBytes = Number(bytes.readBigUInt64LE(0));
  const entry = JSON.parse(bytes.subarray(8, 8 + headerBytes).toString())[name];
  const [begin, end] = entry.data_offsets.map((offset) => 8 + headerBytes + offset);
  return new ort.Tensor('float32', new Float32Array(new Uint8Array(bytes.subarray(begin, end)).buffer), entry.shape);
}

async function main() {
  const [model, reference] = process.argv.slice(2);
  if (model === 'probe') {
    console.log('ONNX Runtime', require('onnxruntime-node/package.json').version);
    return;
  }
  const session = await ort.InferenceSession.create(model);
  const { logits } = await session.run({ images: readTensor(reference, 'images') });
  const expected = readTensor(reference, 'exact').data;
  console.log(Math.max(...expected.map((value, i) => Math.abs(value - logits.data[i]))));
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
