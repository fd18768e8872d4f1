/** Files of weights with nothing in them but what a header says: shapes, and zeros where the numbers would be. */
export type Shapes = Record<string, number[]>

export function safetensors(shapes: Shapes, facts: Record<string, string> = {}): Uint8Array<ArrayBuffer> {
  let at = 0
  const entries = Object.entries(shapes).map(([name, shape]) => {
    const start = at
    at +=
      2 *
      Math.min(
        8,
        shape.reduce((a, b) => a * b, 1),
      ) // of the true shape, and almost no data
    return [name, { dtype: 'F16', shape, data_offsets: [start, at] }]
  })
  const header = Buffer.from(JSON.stringify({ __metadata__: facts, ...Object.fromEntries(entries) }))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(header.length))
  return new Uint8Array(Buffer.concat([length, header, Buffer.alloc(at)]))
}

/** GGUF of version 3, with one fact besides its architecture that is a list of words. */
export function gguf(shapes: Shapes, architecture = 'flux', words: string[] = []): Uint8Array<ArrayBuffer> {
  const parts: Buffer[] = [Buffer.from('GGUF'), u32(3), u64(Object.keys(shapes).length), u64(2)]
  parts.push(text('general.architecture'), u32(8), text(architecture))
  parts.push(text('tokenizer.ggml.tokens'), u32(9), u32(8), u64(words.length), ...words.map(text))
  for (const [name, shape] of Object.entries(shapes))
    parts.push(text(name), u32(shape.length), ...[...shape].reverse().map(u64), u32(12), u64(0))
  return new Uint8Array(Buffer.concat([...parts, Buffer.alloc(64)]))
}

export const u32 = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

export const u64 = (value: number | bigint) => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}

export const text = (value: string) => Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)])

/** What headers of real models hold, as far as they are told apart by it. */
export const SHAPES = {
  sd15: {
    'cond_stage_model.transformer.text_model.embeddings.position_ids': [1, 77],
    'first_stage_model.decoder.conv_in.weight': [512, 4, 3, 3],
    'first_stage_model.encoder.conv_in.weight': [128, 3, 3, 3],
    'model.diffusion_model.input_blocks.0.0.weight': [320, 4, 3, 3],
    'model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight': [320, 768],
  },
  sdxl: {
    'conditioner.embedders.0.transformer.text_model.embeddings.position_embedding.weight': [77, 768],
    'first_stage_model.decoder.conv_in.weight': [512, 4, 3, 3],
    'model.diffusion_model.input_blocks.0.0.weight': [320, 4, 3, 3],
    'model.diffusion_model.input_blocks.4.1.transformer_blocks.0.attn2.to_k.weight': [640, 2048],
  },
  schnell: {
    'double_blocks.0.img_attn.norm.key_norm.scale': [128],
    'double_blocks.0.img_attn.proj.weight': [3072, 3072],
    'single_blocks.0.linear1.weight': [21504, 3072],
  },
  vae16: { 'decoder.conv_in.weight': [512, 16, 3, 3], 'encoder.conv_in.weight': [128, 3, 3, 3] },
  clipL: { 'text_model.embeddings.token_embedding.weight': [49408, 768] },
  t5: { 'encoder.block.0.layer.0.SelfAttention.q.weight': [4096, 4096], 'shared.weight': [32128, 4096] },
  sdxlLora: { 'lora_unet_down_blocks_2_attentions_1_transformer_blocks_9_attn2_to_v.lora_up.weight': [1280, 16] },
} satisfies Record<string, Shapes>
