import type { ModelProfile } from '../profile.ts'

/** What all models of a family have in common, where no profile says it. */
export interface Family {
  label: string
  functions: string[]
  modes: ModelProfile['modes']
  size: ModelProfile['size']
  frames?: NonNullable<ModelProfile['frames']>
  /** Where the usual figures of the tiers (SD 1.5 and XL) don't fit. */
  steps?: number
  guidance?: number
  /** What a file that holds the transformer alone needs beside it: the part, and the variant that a recognised file must have. */
  needs: { part: string; variants?: string[] }[]
  /** Folders of diffusers: classes of `model_index.json`. */
  classes: string[]
}

const SIDE_1024 = { multiple: 16, min: 256, max: 2048, side: 1024 }
const DRAWN: ModelProfile['modes'] = ['text', 'image']

/** Steps and guidance: of the models' own cards, as diffusers' pages of their pipelines and mold's manifest repeat them. */
export const FAMILIES: Readonly<Record<string, Family>> = {
  sd15: {
    label: 'Stable Diffusion 1.5',
    functions: ['image'],
    modes: ['text', 'image', 'inpaint', 'control'],
    size: { multiple: 8, min: 256, max: 1024, side: 512 },
    needs: [{ part: 'vae', variants: ['4'] }, { part: 'clipL' }],
    classes: ['StableDiffusionPipeline', 'StableDiffusionInpaintPipeline'],
  },
  sd2: {
    label: 'Stable Diffusion 2',
    functions: ['image'],
    modes: ['text', 'image', 'inpaint'],
    size: { multiple: 8, min: 256, max: 1024, side: 768 },
    needs: [{ part: 'vae', variants: ['4'] }],
    classes: [], // diffusers has the class of 1.5 for it
  },
  sdxl: {
    label: 'Stable Diffusion XL',
    functions: ['image'],
    modes: ['text', 'image', 'inpaint', 'control'],
    size: { multiple: 8, min: 512, max: 2048, side: 1024 },
    needs: [{ part: 'vae', variants: ['4'] }, { part: 'clipL' }, { part: 'clipG' }],
    classes: ['StableDiffusionXLPipeline', 'StableDiffusionXLInpaintPipeline'],
  },
  sd3: {
    label: 'Stable Diffusion 3',
    functions: ['image'],
    modes: DRAWN,
    size: SIDE_1024,
    steps: 28,
    guidance: 4,
    needs: [{ part: 'vae', variants: ['16'] }, { part: 'clipL' }, { part: 'clipG' }, { part: 't5', variants: ['t5'] }],
    classes: ['StableDiffusion3Pipeline'],
  },
  flux1: {
    label: 'FLUX.1',
    functions: ['image'],
    modes: DRAWN,
    size: SIDE_1024,
    steps: 25,
    guidance: 3.5,
    needs: [{ part: 'vae', variants: ['16'] }, { part: 'clipL' }, { part: 't5', variants: ['t5'] }],
    classes: ['FluxPipeline', 'FluxImg2ImgPipeline', 'FluxInpaintPipeline'],
  },
  flux2: {
    label: 'FLUX.2',
    functions: ['image'],
    modes: DRAWN,
    size: SIDE_1024,
    needs: [
      { part: 'vae', variants: ['32'] },
      { part: 'llm', variants: ['2560', '4096', '5120'] },
    ],
    classes: ['Flux2Pipeline', 'Flux2KleinPipeline'],
  },
  'qwen-image': {
    label: 'Qwen-Image',
    functions: ['image'],
    modes: DRAWN,
    size: SIDE_1024,
    steps: 50,
    guidance: 4,
    needs: [
      { part: 'vae', variants: ['clip-16'] },
      { part: 'llm', variants: ['3584'] },
    ],
    classes: ['QwenImagePipeline', 'QwenImageImg2ImgPipeline', 'QwenImageInpaintPipeline'],
  },
  'z-image': {
    label: 'Z-Image',
    functions: ['image'],
    modes: DRAWN,
    size: SIDE_1024,
    needs: [
      { part: 'vae', variants: ['16'] },
      { part: 'llm', variants: ['2560'] },
    ],
    classes: ['ZImagePipeline', 'ZImageImg2ImgPipeline'],
  },
  wan: {
    label: 'Wan',
    functions: ['video'],
    modes: ['text'],
    size: { multiple: 16, min: 256, max: 1280, side: 480 },
    frames: { multiple: 4, max: 81, fps: 16, usual: 33 },
    guidance: 6,
    needs: [
      { part: 'vae', variants: ['clip-16', 'clip-48'] },
      { part: 't5', variants: ['umt5'] },
    ],
    classes: ['WanPipeline', 'WanImageToVideoPipeline'],
  },
  'ltx-video': {
    label: 'LTX-Video',
    functions: ['video'],
    modes: DRAWN,
    size: { multiple: 32, min: 256, max: 1280, side: 512 },
    frames: { multiple: 8, max: 257, fps: 30, usual: 49 },
    needs: [{ part: 't5', variants: ['t5'] }],
    classes: ['LTXPipeline', 'LTXImageToVideoPipeline', 'LTXConditionPipeline'],
  },
  'hunyuan-video': {
    label: 'HunyuanVideo',
    functions: ['video'],
    modes: ['text'],
    size: { multiple: 16, min: 256, max: 1280, side: 480 },
    frames: { multiple: 4, max: 129, fps: 15, usual: 61 },
    steps: 30,
    guidance: 6,
    needs: [],
    classes: ['HunyuanVideoPipeline'],
  },
}

const BY_CLASS = new Map(Object.entries(FAMILIES).flatMap(([name, { classes }]) => classes.map((each) => [each, name])))

/** The family of a folder of diffusers, by the class that its `model_index.json` names; one that nobody listed is named after the class. */
export function familyOfClass(className: string): string {
  return (
    BY_CLASS.get(className) ??
    (className
      .replace(/Pipeline$/, '')
      .replace(/([a-z\d])([A-Z])/g, '$1-$2')
      .toLowerCase() ||
      'other')
  )
}
