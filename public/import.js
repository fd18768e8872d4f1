// What the form for imports can't do alone: say how far it is, and take what is dropped.
let dropped = []

document.addEventListener('submit', (event) => {
  if (event.target !== form()) return
  event.preventDefault()
  const data = new FormData(form())
  if (dropped.length > 0) {
    data.delete('files')
    data.delete('zip')
    for (const { path, file, field } of dropped) data.append(field, file, path)
  }
  send(data)
})

for (const name of ['dragover', 'dragenter'])
  document.addEventListener(name, (event) => {
    if (!isOver(event)) return
    event.preventDefault()
    form().classList.add('over')
  })
document.addEventListener('dragleave', ({ relatedTarget }) => {
  if (!form().contains(relatedTarget)) form().classList.remove('over')
})
document.addEventListener('drop', async (event) => {
  if (!isOver(event)) return
  event.preventDefault()
  form().classList.remove('over')
  const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry()).filter(Boolean)
  say('Looking at what was dropped…')
  const files = (await Promise.all(entries.map(filesIn))).flat()
  const field = files.length === 1 && /\.zip$/i.test(files[0].path) ? 'zip' : 'files'
  dropped = files.map((one) => ({ ...one, field }))
  say(dropped.length === 0 ? 'There was no file in it.' : `${many(dropped.length)} dropped. Press “Import”.`)
})
document.addEventListener('change', ({ target }) => {
  if (target.type !== 'file') return
  dropped = []
  say(target.files.length > 0 ? `${many(target.files.length)} chosen.` : '')
})

function form() {
  return document.querySelector('form[data-import]')
}

function isOver({ target }) {
  return target instanceof Node && form().contains(target)
}

/** The page that comes back is the one that a browser without script gets. */
function send(data) {
  const request = new XMLHttpRequest()
  request.upload.addEventListener('progress', ({ loaded, total }) => {
    say(loaded < total ? `Sending: ${megabytes(loaded)} of ${megabytes(total)} MB…` : 'Sent. Reading the files…')
  })
  request.addEventListener('load', () => {
    if (request.responseURL !== form().action) return location.assign(request.responseURL)
    const main = new DOMParser().parseFromString(request.responseText, 'text/html').querySelector('main')
    if (!main) return failed()
    document.querySelector('main').replaceWith(main)
    dropped = []
    main.focus()
  })
  request.addEventListener('error', failed)
  request.open('POST', form().action)
  request.send(data)
  say('Sending…')
}

function failed() {
  say('The connection broke, so nothing was imported. Try again.')
  for (const button of form().querySelectorAll('button')) button.disabled = false
}

async function filesIn(entry) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject))
    return [{ path: entry.fullPath.replace(/^\//, ''), file }]
  }
  const reader = entry.createReader()
  const found = []
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject))
    if (some.length === 0) break
    for (const one of some) found.push(...(await filesIn(one)))
  }
  return found
}

function say(words) {
  form().querySelector('[data-progress]').textContent = words
}

function many(count) {
  return count === 1 ? '1 file' : `${count} files`
}

function megabytes(bytes) {
  return (bytes / 1e6).toFixed(1)
}
