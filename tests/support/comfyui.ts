import { encodePng } from '../../src/gpu/png.ts'

interface Prompt {
  id: string
  client: string
  workflow: Record<string, { class_type: string; inputs: Record<string, unknown> }>
}

/**
 * Stands in for a running ComfyUI: its HTTP API and its socket as `server.py` of a125cd84 has them. The positive prompt names
 * what goes wrong. What it was asked is kept in `asked`.
 */
export function fakeComfyui() {
  const history: Record<string, unknown> = {}
  const asked: { interrupts: unknown[]; deletes: unknown[]; prompts: Prompt[]; uploads: string[] } = {
    interrupts: [],
    deletes: [],
    prompts: [],
    uploads: [],
  }
  const sockets = new Map<string, Bun.ServerWebSocket<{ client: string }>>()
  let running: Prompt | null = null
  let pending: Prompt[] = []
  const others = [[0, 'somebody-elses', {}, {}, []]]

  const tell = (client: string, type: string, data: object) => sockets.get(client)?.send(JSON.stringify({ type, data }))
  const execute = async (prompt: Prompt) => {
    running = prompt
    const { id, client, workflow } = prompt
    const text = String(Object.values(workflow).find(({ class_type }) => class_type === 'CLIPTextEncode')?.inputs.text)
    const of = (type: string) => Object.entries(workflow).find(([, { class_type }]) => class_type === type)!
    const [sampler, { inputs }] = of('KSampler')
    tell(client, 'execution_start', { prompt_id: id })
    for (const [node] of Object.entries(workflow)) {
      tell(client, 'executing', { node, prompt_id: id })
      if (node !== sampler) continue
      if (text === 'fails: socket') sockets.get(client)?.terminate()
      for (let step = 1; step <= Number(inputs.steps); step++) {
        await Bun.sleep(5)
        if (running !== prompt) return
        tell(client, 'progress', { value: step, max: inputs.steps, node, prompt_id: id })
        tell('somebody', 'progress', { value: 99, max: 100, node, prompt_id: 'somebody-elses' })
        sockets.get(client)?.send(new Uint8Array([0, 0, 0, 1, 0, 0, 0, 1, 0xff, 0xd8, step]))
        if (text === 'fails: hang') return
      }
    }
    if (text === 'fails: forgets') running = null
    if (text === 'fails: forgets') return
    history[id] = outcome(text, id, Number(inputs.seed))
    running = null
    tell(client, 'execution_success', { prompt_id: id })
    const next = pending.shift()
    if (next) void execute(next)
  }

  const server = Bun.serve<{ client: string }>({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request, server) {
      const url = new URL(request.url)
      const route = `${request.method} ${url.pathname}`
      if (route === 'GET /ws') {
        const client = url.searchParams.get('clientId')!
        return server.upgrade(request, { data: { client } }) ? undefined : new Response(null, { status: 400 })
      }
      if (route === 'GET /system_stats') return Response.json({ system: { comfyui_version: '0.3.64' } })
      if (route === 'GET /queue') {
        const item = ({ id }: Prompt) => [1, id, {}, {}, []]
        return Response.json({ queue_running: running ? [item(running)] : others, queue_pending: pending.map(item) })
      }
      if (url.pathname.startsWith('/history/')) {
        const id = url.pathname.split('/')[2]!
        return Response.json(history[id] ? { [id]: history[id] } : {})
      }
      if (route === 'GET /view') {
        const grey = Number(/(\d+)\.png$/.exec(url.searchParams.get('filename')!)?.[1]) % 256
        return new Response(
          encodePng(32, 16, new Uint8ClampedArray(32 * 16 * 3).fill(grey), {}) as Uint8Array<ArrayBuffer>,
        )
      }
      if (route === 'POST /upload/image') {
        const image = (await request.formData()).get('image') as File
        asked.uploads.push(image.name)
        return Response.json({ name: image.name, subfolder: '', type: 'input' })
      }
      const body = (await request.json()) as Record<string, never>
      if (route === 'POST /interrupt') asked.interrupts.push(body)
      if (route === 'POST /interrupt' && running?.id === body.prompt_id) running = null
      if (route === 'POST /queue') asked.deletes.push(body)
      if (route !== 'POST /prompt') return new Response(null)
      const prompt: Prompt = { id: body.prompt_id!, client: body.client_id!, workflow: body.prompt! }
      if (JSON.stringify(prompt.workflow).includes('fails: refused')) {
        const errors = [{ message: 'Value not in list', details: "unet_name: 'unet.safetensors' not in []" }]
        return Response.json(
          {
            error: { message: 'Prompt outputs failed validation' },
            node_errors: { 1: { class_type: 'UNETLoader', errors } },
          },
          { status: 400 },
        )
      }
      asked.prompts.push(prompt)
      if (running) pending.push(prompt)
      else void execute(prompt)
      return Response.json({ prompt_id: prompt.id, number: 1, node_errors: {} })
    },
    websocket: {
      open: (socket) => void sockets.set(socket.data.client, socket),
      message() {},
    },
  })
  return {
    url: `http://127.0.0.1:${server.port}`,
    asked,
    [Symbol.asyncDispose]: async () => {
      pending = []
      await server.stop(true)
    },
  }
}

function outcome(text: string, id: string, seed: number) {
  if (text !== 'fails: memory') {
    const images = [
      { filename: `hearth_${seed}.png`, subfolder: '', type: 'output' },
      { filename: 'look.png', subfolder: '', type: 'temp' },
    ]
    return { outputs: { 9: { images } }, status: { status_str: 'success', completed: true, messages: [] } }
  }
  const said = {
    prompt_id: id,
    node_type: 'KSampler',
    exception_type: 'torch.OutOfMemoryError',
    exception_message: 'Allocation on device failed',
  }
  return { outputs: {}, status: { status_str: 'error', completed: false, messages: [['execution_error', said]] } }
}
