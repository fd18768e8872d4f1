import { describe, expect, test } from 'bun:test'
import { open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readGguf } from '../../../src/gpu/models/gguf.ts'
import { Unreadable } from '../../../src/gpu/models/header.ts'
import { recognise } from '../../../src/gpu/models/recognise.ts'
import { readSafetensors } from '../../../src/gpu/models/safetensors.ts'
import { temporaryFolder } from '../../support/database.ts'
import { esrgan } from '../../support/esrgan.ts'
import { gguf, SHAPES, type Shapes, safetensors, text, u32, u64 } from '../../support/weights.ts'

async function read(bytes: Uint8Array, how: typeof readGguf = readSafetensors) {
  using folder = temporaryFolder()
  const path = join(folder.path, 'm')
  await writeFile(path, bytes)
  const file = await open(path)
  try {
    return await how(file, bytes.length)
  } finally {
    await file.close()
  }
}

const header = (json: string, length = Buffer.byteLength(json)) =>
  Buffer.concat([u64(length), Buffer.from(json), Buffer.alloc(64)])
const GGUF = Buffer.concat([Buffer.from('GGUF'), u32(3)])
const tensor = (dims: Buffer[]) =>
  Buffer.concat([GGUF, u64(1), u64(0), text('x'), u32(dims.length), ...dims, u32(0), u64(0)])

describe('a header of safetensors that is hostile or broken is refused, in words:', () => {
  test.each([
    ['nothing', Buffer.alloc(0), 'too short'],
    ['a length beyond the file', u64(1000), 'too short|shorter than its header'],
    ['a length beyond all numbers', Buffer.concat([u64(2n ** 63n), Buffer.alloc(64)]), 'shorter than its header'],
    ['a header of nine megabytes', header(`{"a":"${'x'.repeat(9 * 1024 ** 2)}"}`), 'no real model'],
    ['no JSON', header('{"a": '), 'not what safetensors have'],
    ['a list', header('[1, 2]'), 'not what safetensors have'],
    ['brackets a hundred thousand deep', header(`{"a":${'['.repeat(1e5)}${']'.repeat(1e5)}}`), 'not describe|not what'],
    ['a tensor that is a word', header('{"a": "b"}'), 'does not describe'],
    ['offsets that go backwards', header('{"a":{"dtype":"F16","shape":[1],"data_offsets":[8,0]}}'), 'cut short'],
    [
      'offsets beyond the file',
      header('{"a":{"dtype":"F16","shape":[1],"data_offsets":[0,99999]}}'),
      'cut short: 99935 bytes',
    ],
    ['negative offsets', header('{"a":{"dtype":"F16","shape":[1],"data_offsets":[-1,1]}}'), 'does not describe'],
  ])('%s', async (_what, bytes, says) => {
    const error = await read(new Uint8Array(bytes)).catch((thrown) => thrown)
    expect(error).toBeInstanceOf(Unreadable)
    expect(error.message).toMatch(new RegExp(says))
  })

  test('names like __proto__ are names', async () => {
    const { tensors } = await read(
      new Uint8Array(header('{"__proto__":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}')),
    )
    expect([...tensors.keys()]).toEqual(['__proto__'])
  })
})

describe('a header of GGUF that is hostile or broken is refused, in words:', () => {
  test.each([
    ['another kind of file', Buffer.from('PK\x03\x04 and more than that'), 'but is none'],
    ['a version to come', Buffer.concat([Buffer.from('GGUF'), u32(9), u64(0), u64(0)]), 'version 9'],
    ['a million million tensors', Buffer.concat([GGUF, u64(1e12), u64(0)]), 'more tensors or facts'],
    ['a name of a gigabyte', Buffer.concat([GGUF, u64(1), u64(0), u64(2 ** 30)]), 'longer than any'],
    [
      'a list without end',
      Buffer.concat([GGUF, u64(0), u64(1), text('a'), u32(9), u32(8), u64(2n ** 60n)]),
      'not copied whole',
    ],
    [
      'a list of numbers without end',
      Buffer.concat([GGUF, u64(0), u64(1), text('a'), u32(9), u32(12), u64(2n ** 62n)]),
      'not copied whole',
    ],
    ['a list of lists', Buffer.concat([GGUF, u64(0), u64(1), text('a'), u32(9), u32(9), u64(1)]), 'lists of lists'],
    ['a type that there is not', Buffer.concat([GGUF, u64(0), u64(1), text('a'), u32(77)]), 'type that there is not'],
    ['nine dimensions', tensor(Array.from({ length: 9 }, () => u64(1))), 'more dimensions'],
    ['an end within the tensors', tensor([u64(1)]).subarray(0, 40), 'not copied whole'],
  ])('%s', async (_what, bytes, says) => {
    const error = await read(new Uint8Array(bytes), readGguf).catch((thrown) => thrown)
    expect(error).toBeInstanceOf(Unreadable)
    expect(error.message).toMatch(new RegExp(says))
  })

  test('a vocabulary of megabytes in front of the tensors is passed over', async () => {
    const words = Array.from({ length: 150_000 }, (_, i) => `word ${i}`)
    const { tensors, facts, type } = await read(gguf(SHAPES.schnell, 'flux', words), readGguf)
    expect([tensors.size, facts['general.architecture'], type]).toEqual([3, 'flux', 'Q4_K'])
  })
})

describe('a file is recognised by what it holds:', () => {
  const dims = (name: string, shape: number[], more: Shapes = {}): Shapes => ({ [name]: shape, ...more })
  const wan = (width: number) =>
    dims('blocks.0.cross_attn.k.bias', [width], { 'patch_embedding.weight': [width, 16, 1, 2, 2] })
  const flux2 = (width: number) => dims('double_stream_modulation_img.lin.weight', [width, 64])
  const prefixed = (shapes: Shapes) =>
    Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [`model.diffusion_model.${name}`, shape]))
  test.each([
    ['SD 1.5', SHAPES.sd15, 'model sd15 checkpoint '],
    ['SDXL', SHAPES.sdxl, 'model sdxl checkpoint '],
    [
      'SD 1.5 for inpainting',
      { ...SHAPES.sd15, 'model.diffusion_model.input_blocks.0.0.weight': [320, 9, 3, 3] },
      'model sd15 checkpoint inpaint',
    ],
    ['FLUX.1 schnell', SHAPES.schnell, 'model flux1 transformer schnell'],
    [
      'FLUX.1 dev, with a prefix',
      prefixed({ ...SHAPES.schnell, 'guidance_in.in_layer.weight': [3072, 256] }),
      'model flux1 transformer dev',
    ],
    ['FLUX.2 dev', flux2(36_864), 'model flux2 transformer dev'],
    ['FLUX.2 klein 4B', flux2(18_432), 'model flux2 transformer klein-4b'],
    ['FLUX.2 klein 9B', flux2(24_576), 'model flux2 transformer klein-9b'],
    ['SD 3.5 large', dims('joint_blocks.0.context_block.attn.proj.bias', [2432]), 'model sd3 transformer large'],
    ['SD 3.5 medium', dims('joint_blocks.0.context_block.attn.proj.bias', [1536]), 'model sd3 transformer medium'],
    [
      'Qwen-Image',
      dims('txt_norm.weight', [3584], { 'transformer_blocks.0.attn.add_k_proj.bias': [3072] }),
      'model qwen-image transformer ',
    ],
    [
      'Z-Image',
      dims('context_refiner.0.attention.k_norm.weight', [128], { 'layers.0.adaLN_modulation.0.bias': [15_360] }),
      'model z-image transformer ',
    ],
    ['Wan 1.3B', wan(1536), 'model wan transformer 1.3b'],
    ['Wan 2.2 5B', wan(3072), 'model wan transformer 5b'],
    ['Wan 14B', wan(5120), 'model wan transformer 14b'],
    [
      'Wan 14B from pictures',
      { ...wan(5120), 'patch_embedding.weight': [5120, 36, 1, 2, 2] },
      'model wan transformer i2v-14b',
    ],
    [
      'LTX-Video',
      dims('adaln_single.emb.timestep_embedder.linear_1.bias', [2048], {
        'patchify_proj.weight': [2048, 128],
        'vae.x': [1],
      }),
      'model ltx-video checkpoint ',
    ],
    ['a LoRA of SDXL', SHAPES.sdxlLora, 'lora sdxl lora '],
    [
      'a LoRA of FLUX.1',
      dims('transformer.single_transformer_blocks.0.attn.to_k.lora_A.weight', [16, 3072]),
      'lora flux1 lora ',
    ],
    ['a LoRA of Wan', dims('diffusion_model.blocks.0.self_attn.k.lora_A.weight', [16, 5120]), 'lora wan lora '],
    [
      'a ControlNet of SD 1.5',
      dims('controlnet_cond_embedding.conv_in.weight', [16, 3, 3, 3], {
        'down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.weight': [320, 768],
      }),
      'controlnet sd15 controlnet ',
    ],
    ['a VAE of 16 channels', SHAPES.vae16, 'vae any vae 16'],
    [
      'a VAE of clips',
      dims('decoder.conv1.weight', [384, 16, 3, 3, 3], { 'encoder.conv1.weight': [96, 3, 3, 3, 3] }),
      'vae any vae clip-16',
    ],
    ['CLIP-L', SHAPES.clipL, 'textEncoder any clipL '],
    ['CLIP-G', dims('text_model.embeddings.token_embedding.weight', [49_408, 1280]), 'textEncoder any clipG '],
    ['T5', SHAPES.t5, 'textEncoder any t5 t5'],
    ['UMT5', { ...SHAPES.t5, 'shared.weight': [256_384, 4096] }, 'textEncoder any t5 umt5'],
    [
      'T5 of GGUF',
      dims('enc.blk.0.attn_q.weight', [4096, 4096], { 'token_embd.weight': [32_128, 4096] }),
      'textEncoder any t5 t5',
    ],
    [
      'Qwen3 4B',
      dims('model.embed_tokens.weight', [151_936, 2560], { 'model.layers.0.self_attn.q_proj.weight': [4096, 2560] }),
      'textEncoder any llm 2560',
    ],
    [
      'Qwen3 4B of GGUF',
      dims('token_embd.weight', [151_936, 2560], { 'blk.0.attn_q.weight': [4096, 2560] }),
      'textEncoder any llm 2560',
    ],
    ['ESRGAN, four times as large', esrgan(4), 'upscaler esrgan upscaler x4'],
    ['ESRGAN, twice as large', esrgan(2), 'upscaler esrgan upscaler x2'],
    ['ESRGAN by its older names', esrgan(4, 'old'), 'upscaler esrgan upscaler x4'],
    ['the same, twice as large', esrgan(2, 'old'), 'upscaler esrgan upscaler x2'],
    ['ESRGAN that makes nothing larger', esrgan(1), 'upscaler esrgan upscaler '],
    [
      'ESRGAN of pictures that are folded together, which no engine loads',
      esrgan(2, 'new', 12),
      'upscaler esrgan upscaler ',
    ],
    [
      'ESRGAN with the names of its training',
      dims('RRDB_trunk.0.RDB1.conv1.weight', [32, 64, 3, 3]),
      'upscaler esrgan upscaler ',
    ],
  ])('%s', async (_what, shapes, is) => {
    const found = recognise(await read(safetensors(shapes)))
    expect(`${found?.kind} ${found?.family} ${found?.part} ${found?.variant}`).toBe(is)
  })

  test('what is none of these is not guessed', async () => {
    expect(recognise(await read(safetensors({ 'some.weight': [1, 2] })))).toBeUndefined()
  })
})
