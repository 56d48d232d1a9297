import { requireFinite } from "./options/checks.ts";

/** A seeded stream of numbers: the same seed gives the same bits on every run. */
export interface Random {
  /** Uniform in (0, 1), 32 bits. */
  readonly uniform: () => number;
  /** Standard normal. */
  readonly normal: () => number;
  /** Fills with uniforms in (0, 1). */
  readonly fillUniforms: (out: Float64Array) => void;
  /** Fills with standard normals, about 5 ns each. */
  readonly fillNormals: (out: Float64Array) => void;
}

const LAYERS = 256;
const TAIL = 3.6541528853610088;
const AREA = 0.004928673233974658;
const SAMPLE_SIZE = 2 ** 23;

interface Ziggurat {
  /** Width of each layer per unit of the sample. */
  readonly widths: Float64Array;
  /** Samples below this lie under the curve and need no further look. */
  readonly insides: Int32Array;
  readonly heights: Float64Array;
}

function density(x: number): number {
  return Math.exp(-0.5 * x * x);
}

/** The 256 layers of Marsaglia and Tsang (2000), each of equal area under exp(−x²/2). */
function buildZiggurat(): Ziggurat {
  const edges = new Float64Array(LAYERS + 1);
  const heights = new Float64Array(LAYERS + 1);
  edges[0] = AREA / density(TAIL);
  edges[1] = TAIL;
  for (let layer = 2; layer < LAYERS; layer += 1) {
    const below = edges[layer - 1]!;
    edges[layer] = Math.sqrt(-2 * Math.log(AREA / below + density(below)));
  }
  for (let layer = 0; layer <= LAYERS; layer += 1) heights[layer] = density(edges[layer]!);
  const widths = new Float64Array(LAYERS);
  const insides = new Int32Array(LAYERS);
  for (let layer = 0; layer < LAYERS; layer += 1) {
    widths[layer] = edges[layer]! / SAMPLE_SIZE;
    insides[layer] = Math.trunc((edges[layer + 1]! / edges[layer]!) * SAMPLE_SIZE);
  }
  return { widths, insides, heights };
}

const { widths, insides, heights } = buildZiggurat();

/** Spreads one number over four state words, so that neighbouring seeds give unrelated streams (MurmurHash3's finaliser). */
function spreadSeed(seed: number): Int32Array {
  const words = new Int32Array(new Float64Array([seed]).buffer);
  const state = new Int32Array(4);
  let counter = words[0]! ^ Math.imul(words[1]!, 0x85ebca6b);
  for (let index = 0; index < 4; index += 1) {
    counter = (counter + 0x9e3779b9) | 0;
    let word = counter ^ (counter >>> 16);
    word = Math.imul(word, 0x85ebca6b);
    word ^= word >>> 13;
    word = Math.imul(word, 0xc2b2ae35);
    state[index] = word ^ (word >>> 16) ^ (index === 3 ? words[1]! : 0);
  }
  if ((state[0]! | state[1]! | state[2]! | state[3]!) === 0) state[0] = 1;
  return state;
}

/** One step of xoshiro128++. */
function nextWord(state: Int32Array): number {
  const s0 = state[0]!;
  const s1 = state[1]!;
  const sum = (s0 + state[3]!) | 0;
  const third = state[2]! ^ s0;
  const fourth = state[3]! ^ s1;
  state[1] = s1 ^ third;
  state[0] = s0 ^ fourth;
  state[2] = third ^ (s1 << 9);
  state[3] = (fourth << 11) | (fourth >>> 21);
  return (((sum << 7) | (sum >>> 25)) + s0) | 0;
}

function nextUniform(state: Int32Array): number {
  return ((nextWord(state) >>> 0) + 0.5) / 4294967296;
}

/** The rare way of a draw: the tail beyond the last layer, or a layer's curved edge; NaN asks for a new draw. */
function drawAtEdge(state: Int32Array, layer: number, sample: number): number {
  if (layer === 0) {
    let x: number;
    let y: number;
    do {
      x = -Math.log(nextUniform(state)) / TAIL;
      y = -Math.log(nextUniform(state));
    } while (2 * y < x * x);
    return sample < 0 ? -(TAIL + x) : TAIL + x;
  }
  const value = (sample + 0.5) * widths[layer]!;
  const low = heights[layer]!;
  return low + nextUniform(state) * (heights[layer + 1]! - low) < density(value) ? value : Number.NaN;
}

/** Fills from `from` by the straight way until the end or until a draw needs the rare one; returns where it stopped. */
function fillStraight(state: Int32Array, out: Float64Array, from: number): number {
  let s0 = state[0]!;
  let s1 = state[1]!;
  let s2 = state[2]!;
  let s3 = state[3]!;
  let index = from;
  for (; index < out.length; index += 1) {
    const sum = (s0 + s3) | 0;
    const word = (((sum << 7) | (sum >>> 25)) + s0) | 0;
    const shifted = s1 << 9;
    s2 ^= s0;
    s3 ^= s1;
    s1 ^= s2;
    s0 ^= s3;
    s2 ^= shifted;
    s3 = (s3 << 11) | (s3 >>> 21);
    // Eight bits name the layer and the other twenty-four are the sample: bits used twice would tie the two together.
    const layer = word & 255;
    const sample = word >> 8;
    if ((sample ^ (sample >> 31)) >= insides[layer]!) {
      state[4] = word;
      break;
    }
    out[index] = (sample + 0.5) * widths[layer]!;
  }
  state[0] = s0;
  state[1] = s1;
  state[2] = s2;
  state[3] = s3;
  return index;
}

function fillNormals(state: Int32Array, out: Float64Array): void {
  for (let index = fillStraight(state, out, 0); index < out.length;) {
    const value = drawAtEdge(state, state[4]! & 255, state[4]! >> 8);
    if (!Number.isNaN(value)) {
      out[index] = value;
      index += 1;
    }
    index = fillStraight(state, out, index);
  }
}

/**
 * A stream from xoshiro128++ (Blackman and Vigna 2021) with normals by a ziggurat of 256 layers.
 * Any finite seed; neighbouring seeds give unrelated streams. Throws NOT_FINITE.
 */
export function seededRandom(seed: number): Random {
  requireFinite({ seed });
  // The fifth word carries the draw that left the straight way.
  const state = new Int32Array(5);
  state.set(spreadSeed(seed));
  const single = new Float64Array(1);
  return {
    uniform: () => nextUniform(state),
    normal: () => {
      fillNormals(state, single);
      return single[0]!;
    },
    fillUniforms: (out) => {
      for (let index = 0; index < out.length; index += 1) out[index] = nextUniform(state);
    },
    fillNormals: (out) => fillNormals(state, out),
  };
}
