// node onnx_forward.cjs MODEL.onnx THREADS REPEATS PX: milliseconds of one forward pass, a number a line.
const ort = require('onnxruntime-node');

async function main() {
  const [file, threads, repeats, px] = process.argv.slice(2);
  const session = await ort.InferenceSession.create(file, {
    intraOpNumThreads: Number(threads), interOpNumThreads: 1, graphOptimizationLevel: 'all',
  });
  const side = Number(px);
  const image = new ort.Tensor('float32', new Float32Array(3 * side * side).fill(0.5), [1, 3, side, side]);
  const feeds = { [session.inputNames[0]]: image };
  for (let i = 0; i < 2; ++i) await session.run(feeds);
  for (let i = 0; i < Number(repeats); ++i) {
    const start = process.hrtime.bigint();
    await session.run(feeds);
    console.log(Number(process.hrtime.bigint() - start) / 1e6);
  }
}

main();
