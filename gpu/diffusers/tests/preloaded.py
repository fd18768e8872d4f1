"""What forked workers begin with: the libraries, read and ready, and one thread."""

import diffusers  # noqa: F401
import hearth_worker.render
import hearth_worker.session  # noqa: F401
import torch
from diffusers import FluxPipeline, StableDiffusionPipeline, StableDiffusionXLPipeline, WanPipeline  # noqa: F401

torch.set_num_threads(1)
