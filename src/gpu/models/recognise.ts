import type { ModelKind } from '../profile.ts'
import type { Header } from './header.ts'
import { upscaler } from './upscalers.ts'

/** What a file of weights is, as its header gives it away. */
export interface Recognised {
  kind: ModelKind
  /** As the catalogue has them: `sd15`, `sdxl`, `sd3`, `flux1`, `flux2`, `qwen-image`, `z-image`, `wan`, `ltx-video`; `any` where it fits several. */
  family: string
  /** The part that it is: see `ModelFile.part`. */
  part: string
  /** What tells models of a family apart: `inpaint`, `schnell`, `dev`, `klein-4b`, `1.3b`, ...; empty where nothing does. */
  variant: string
  type: string | null
}

/** Names and shapes of a file, looked up with any of the prefixes that tools put in front. */
interface Keys {
  has(name: string): boolean
  shape(name: string): number[] | undefined
  any(pattern: RegExp): boolean
}

type Rule = (keys: Keys) => Omit<Recognised, 'type'> | undefined

const PREFIXES = ['', 'model.diffusion_model.', 'diffusion_model.', 'transformer.', 'net.', 'model.']

/**
 * What a file is, by the names and shapes of its tensors; undefined where none of the rules fits. The signs are those that SwarmUI's
 * T2IModelClassSorter.cs and stable-diffusion.cpp's model.cpp go by.
 */
export function recognise(header: Header): Recognised | undefined {
  const keys = keysOf(header)
  for (const rule of RULES) {
    const found = rule(keys)
    if (found) return { ...found, type: header.type }
  }
  return undefined
}

/** In this order: a LoRA names the parts of the model that it changes, a checkpoint holds a VAE. */
const RULES: Rule[] = [
  lora,
  controlnet,
  flux2,
  flux1,
  sd3,
  qwenImage,
  zImage,
  wan,
  ltx,
  unet,
  textEncoder,
  vae,
  upscaler,
]

function lora(keys: Keys) {
  if (!keys.any(/\.(lora_(A|B|up|down)(\.\w+)?(\.weight)?|lora\.(up|down)\.weight|lokr_w1|hada_w1_a)$/))
    return undefined
  const about = (pattern: RegExp, family: string) => (keys.any(pattern) ? family : undefined)
  const family =
    about(/double_stream_modulation|single_blocks[._](2[4-9]|3[89]|4[0-7])[._]linear/, 'flux2') ??
    about(/double_blocks[._]|single_transformer_blocks[._]/, 'flux1') ??
    about(/noise_refiner|context_refiner|adaLN_modulation_0/, 'z-image') ??
    about(/txt_mlp|img_mlp|add_k_proj/, 'qwen-image') ??
    about(/blocks[._]\d+[._](self|cross)_attn/, 'wan') ??
    about(/joint_blocks[._]/, 'sd3') ??
    about(
      /lora_te2_|(input|output)_blocks_\d_1_transformer_blocks_[1-9]|attentions[._]\d[._]transformer_blocks[._][2-9]/,
      'sdxl',
    ) ??
    about(/unet|down_blocks|up_blocks/, 'sd15')
  return { kind: 'lora' as const, family: family ?? 'any', part: 'lora', variant: '' }
}

function controlnet(keys: Keys) {
  const signs = [
    'controlnet_cond_embedding.conv_in.weight',
    'control_model.input_hint_block.0.weight',
    'controlnet_blocks.0.weight',
  ]
  if (!signs.some(keys.has) && !keys.any(/^(controlnet_(down_blocks|blocks|x_embedder)\.|control_(model|layers)\.)/))
    return undefined
  const width = contextWidth(keys)
  const family = keys.any(/^(controlnet_blocks|controlnet_x_embedder)/) ? 'flux1' : familyOfWidth(width)
  return {
    kind: 'controlnet' as const,
    family: keys.any(/^control_layers/) ? 'z-image' : (family ?? 'sd15'),
    part: 'controlnet',
    variant: '',
  }
}

function flux2(keys: Keys) {
  const shape =
    keys.shape('double_stream_modulation_img.lin.weight') ?? keys.shape('double_stream_modulation_img.linear.weight')
  if (!shape) return undefined
  const width = Math.max(...shape)
  const variant = width === 36_864 ? 'dev' : width === 24_576 ? 'klein-9b' : width === 18_432 ? 'klein-4b' : ''
  return { kind: 'model' as const, family: 'flux2', part: 'transformer', variant }
}

function flux1(keys: Keys) {
  const own =
    keys.has('double_blocks.0.img_attn.norm.key_norm.scale') || keys.has('double_blocks.0.img_attn.proj.weight')
  const diffusers = keys.has('single_transformer_blocks.0.proj_mlp.weight') && keys.has('context_embedder.weight')
  if (!own && !diffusers) return undefined
  const guided =
    keys.has('guidance_in.in_layer.weight') || keys.has('time_text_embed.guidance_embedder.linear_1.weight')
  const whole = keys.has('vae.decoder.conv_in.weight')
  return {
    kind: 'model' as const,
    family: 'flux1',
    part: whole ? 'checkpoint' : 'transformer',
    variant: guided ? 'dev' : 'schnell',
  }
}

function sd3(keys: Keys) {
  const width = keys.shape('joint_blocks.0.context_block.attn.proj.bias')?.[0]
  if (width === undefined && !keys.has('joint_blocks.0.context_block.attn.proj.weight')) return undefined
  const whole = keys.any(/^(first_stage_model|text_encoders)\./)
  return {
    kind: 'model' as const,
    family: 'sd3',
    part: whole ? 'checkpoint' : 'transformer',
    variant: width === 2432 ? 'large' : 'medium',
  }
}

function qwenImage(keys: Keys) {
  if (!keys.has('txt_norm.weight') || !keys.any(/transformer_blocks\.0\.(attn\.add_|img_mod|img_mlp)/)) return undefined
  return { kind: 'model' as const, family: 'qwen-image', part: 'transformer', variant: '' }
}

function zImage(keys: Keys) {
  if (
    !keys.any(/context_refiner\.0\.attention\.(k_norm|norm_k|to_k|qkv)/) ||
    !keys.has('layers.0.adaLN_modulation.0.bias')
  )
    return undefined
  const whole = keys.has('vae.decoder.conv_in.weight')
  return { kind: 'model' as const, family: 'z-image', part: whole ? 'checkpoint' : 'transformer', variant: '' }
}

const WAN_WIDTHS: Readonly<Record<number, string>> = { 1536: '1.3b', 3072: '5b', 5120: '14b' }

function wan(keys: Keys) {
  const width = (keys.shape('blocks.0.cross_attn.k.bias') ?? keys.shape('blocks.0.attn2.to_k.bias'))?.[0]
  if (width === undefined || !keys.has('patch_embedding.weight')) return undefined
  const fromPicture = keys.has('img_emb.proj.0.bias') || keys.shape('patch_embedding.weight')?.includes(36)
  const size = WAN_WIDTHS[width] ?? ''
  return { kind: 'model' as const, family: 'wan', part: 'transformer', variant: fromPicture ? `i2v-${size}` : size }
}

function ltx(keys: Keys) {
  if (!keys.has('adaln_single.emb.timestep_embedder.linear_1.bias') || !keys.has('patchify_proj.weight'))
    return undefined
  const sounds = keys.any(/audio_to_video_attn/)
  const whole = keys.any(/^vae\./)
  return {
    kind: 'model' as const,
    family: sounds ? 'ltx2' : 'ltx-video',
    part: whole ? 'checkpoint' : 'transformer',
    variant: '',
  }
}

/** SD 1.5, 2.x and XL: by the width of the text that it heeds. */
function unet(keys: Keys) {
  const first = keys.shape('input_blocks.0.0.weight') ?? keys.shape('conv_in.weight')
  const family = familyOfWidth(contextWidth(keys))
  if (!first || !family) return undefined
  const whole = keys.any(/^(cond_stage_model|conditioner|first_stage_model)\./)
  return {
    kind: 'model' as const,
    family,
    part: whole ? 'checkpoint' : 'transformer',
    variant: first.includes(9) ? 'inpaint' : '',
  }
}

const CONTEXTS = [
  'input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight',
  'input_blocks.4.1.transformer_blocks.0.attn2.to_k.weight',
  'down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.weight',
  'down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k.weight',
  'control_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight',
]

function contextWidth(keys: Keys): number | undefined {
  for (const name of CONTEXTS) {
    const shape = keys.shape(name)
    if (shape) return shape.at(-1)
  }
  return undefined
}

function familyOfWidth(width: number | undefined): string | undefined {
  if (width === 768) return 'sd15'
  if (width === 1024) return 'sd2'
  return width === 2048 ? 'sdxl' : undefined
}

function textEncoder(keys: Keys) {
  const encoder = (part: string, variant = '') => ({ kind: 'textEncoder' as const, family: 'any', part, variant })
  const clip = keys.shape('text_model.embeddings.token_embedding.weight')
  if (clip) return encoder(clip.includes(1280) ? 'clipG' : 'clipL')
  if (keys.any(/encoder\.block\.0\.layer\.0\.SelfAttention\.q\.weight$|^enc\.blk\.0\.attn_q\.weight$/)) {
    const words = keys.shape('shared.weight') ?? keys.shape('token_embd.weight')
    return encoder('t5', words?.includes(256_384) ? 'umt5' : 't5')
  }
  const words =
    keys.shape('embed_tokens.weight') ??
    keys.shape('language_model.embed_tokens.weight') ??
    keys.shape('token_embd.weight')
  if (!words || !keys.any(/^((model|language_model)\.)*(layers\.0\.self_attn|blk\.0\.attn_q)/)) return undefined
  return encoder('llm', String(Math.min(...words)))
}

/** Its variant is the number of channels of its latents. */
function vae(keys: Keys) {
  const into =
    keys.shape('decoder.conv_in.weight') ??
    keys.shape('decoder.conv_in.conv.weight') ??
    keys.shape('decoder.conv1.weight')
  if (!into || !keys.any(/^(first_stage_model\.)?encoder\./)) return undefined
  const [, channels] = into
  return { kind: 'vae' as const, family: 'any', part: 'vae', variant: `${into.length === 5 ? 'clip-' : ''}${channels}` }
}

function keysOf({ tensors }: Header): Keys {
  const shape = (name: string) => {
    for (const prefix of PREFIXES) {
      const found = tensors.get(`${prefix}${name}`)
      if (found) return found
    }
    return undefined
  }
  const names = [...tensors.keys()]
  return { shape, has: (name) => shape(name) !== undefined, any: (pattern) => names.some((name) => pattern.test(name)) }
}
