/** Sizes of the model: as small as llama.cpp takes them. */
const WIDTH = 32
const HIDDEN = 64
const HEADS = 2
const CONTEXT = 2048
const ALIGNMENT = 32

/** The vocabulary: what SentencePiece wants, then the printable characters of ASCII, so that any English prompt can be told. */
const UNKNOWN = 2
const CONTROL = 3
const NORMAL = 1
const TOKENS: [text: string, kind: number][] = [
  ['<unk>', UNKNOWN],
  ['<s>', CONTROL],
  ['</s>', CONTROL],
  ['\u2581', NORMAL], // a space
  ['\n', NORMAL],
  ...Array.from({ length: 94 }, (_, i): [string, number] => [String.fromCharCode(33 + i), NORMAL]),
]
const TEMPLATE =
  "{% for message in messages %}{{ message['role'] }}: {{ message['content'] }}\n{% endfor %}{% if add_generation_prompt %}assistant: {% endif %}"

/**
 * A Llama model of one layer with random weights, as a GGUF file (version 3): it says nothing that makes sense, by all the
 * rules of the format. The same seed, the same model.
 */
export function tinyModel(seed = 1): Buffer {
  const random = randomFrom(seed)
  const weights = (length: number) => Float32Array.from({ length }, () => random() - 0.5)
  const ones = (length: number) => new Float32Array(length).fill(1)
  const square = WIDTH * WIDTH
  const tensors: [name: string, shape: number[], values: Float32Array][] = [
    ['token_embd.weight', [WIDTH, TOKENS.length], weights(WIDTH * TOKENS.length)],
    ['blk.0.attn_norm.weight', [WIDTH], ones(WIDTH)],
    ...['q', 'k', 'v', 'output'].map((part): [string, number[], Float32Array] => [
      `blk.0.attn_${part}.weight`,
      [WIDTH, WIDTH],
      weights(square),
    ]),
    ['blk.0.ffn_norm.weight', [WIDTH], ones(WIDTH)],
    ['blk.0.ffn_gate.weight', [WIDTH, HIDDEN], weights(WIDTH * HIDDEN)],
    ['blk.0.ffn_up.weight', [WIDTH, HIDDEN], weights(WIDTH * HIDDEN)],
    ['blk.0.ffn_down.weight', [HIDDEN, WIDTH], weights(WIDTH * HIDDEN)],
    ['output_norm.weight', [WIDTH], ones(WIDTH)],
    ['output.weight', [WIDTH, TOKENS.length], weights(WIDTH * TOKENS.length)],
  ]
  const facts = metadata()
  let offset = 0
  const infos = tensors.map(([name, shape, values]) => {
    const info = [text(name), u32(shape.length), ...shape.map(u64), u32(0), u64(offset)]
    offset += padded(values.byteLength)
    return Buffer.concat(info)
  })
  const head = Buffer.concat([Buffer.from('GGUF'), u32(3), u64(tensors.length), u64(facts.length), ...facts, ...infos])
  const data = tensors.map(([, , values]) => filled(Buffer.from(values.buffer)))
  return Buffer.concat([filled(head), ...data])
}

function metadata(): Buffer[] {
  return [
    fact('general.architecture', STRING, text('llama')),
    fact('general.name', STRING, text('tiny')),
    fact('llama.context_length', UINT32, u32(CONTEXT)),
    fact('llama.embedding_length', UINT32, u32(WIDTH)),
    fact('llama.block_count', UINT32, u32(1)),
    fact('llama.feed_forward_length', UINT32, u32(HIDDEN)),
    fact('llama.attention.head_count', UINT32, u32(HEADS)),
    fact('llama.attention.layer_norm_rms_epsilon', FLOAT32, f32(1e-5)),
    fact('llama.rope.dimension_count', UINT32, u32(WIDTH / HEADS)),
    fact('tokenizer.ggml.model', STRING, text('llama')),
    fact(
      'tokenizer.ggml.tokens',
      ARRAY,
      list(
        STRING,
        TOKENS.map(([token]) => text(token)),
      ),
    ),
    fact(
      'tokenizer.ggml.scores',
      ARRAY,
      list(
        FLOAT32,
        TOKENS.map((_, i) => f32(-i)),
      ),
    ),
    fact(
      'tokenizer.ggml.token_type',
      ARRAY,
      list(
        INT32,
        TOKENS.map(([, kind]) => u32(kind)),
      ),
    ),
    fact('tokenizer.ggml.bos_token_id', UINT32, u32(1)),
    fact('tokenizer.ggml.eos_token_id', UINT32, u32(2)),
    fact('tokenizer.ggml.unknown_token_id', UINT32, u32(0)),
    fact('tokenizer.chat_template', STRING, text(TEMPLATE)),
  ]
}

/** The format's numbers for types of values. */
const UINT32 = 4
const INT32 = 5
const FLOAT32 = 6
const STRING = 8
const ARRAY = 9

function fact(name: string, type: number, value: Buffer): Buffer {
  return Buffer.concat([text(name), u32(type), value])
}

function list(type: number, values: Buffer[]): Buffer {
  return Buffer.concat([u32(type), u64(values.length), ...values])
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([u64(bytes.length), bytes])
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}

function f32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeFloatLE(value)
  return bytes
}

function filled(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(padded(bytes.length) - bytes.length)])
}

function padded(length: number): number {
  return Math.ceil(length / ALIGNMENT) * ALIGNMENT
}

/** A linear congruential generator (Numerical Recipes), in [0, 1). */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
