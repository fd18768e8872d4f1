// What HTML can't do alone: keys, one submit per press, the tail of live text, and whether the stream is there.
const QUIET_MS = 3500
/** After a sleep a connection may be dead without a word: one that is silent for so long is opened again. */
const DEAD_MS = 6_000
const RETRY_MS = 2000
const TAIL_CHARS = 20_000

const stream = document.getElementById('stream')
const link = document.getElementById('link')
const releasedTails = new WeakSet()

document.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) event.target.closest('textarea')?.form?.requestSubmit()
  if (event.key.toLowerCase() === 'n' && !hasModifier(event) && !isTyping(event.target)) startNew(event)
})

document.addEventListener('submit', ({ target: form }) => {
  // Disabled only after the browser has collected the form.
  setTimeout(() => setBusy(form, true))
})
document.addEventListener('htmx:finally:request', ({ target, detail }) => {
  if (!(target instanceof HTMLFormElement)) return
  setTimeout(() => setBusy(target, false))
  if ('clears' in target.dataset && detail?.ctx?.response?.status === 204) target.reset()
})
addEventListener('pageshow', () => {
  for (const form of document.forms) setBusy(form, false)
})

// Only where the browser lets a page write to the clipboard: not on plain HTTP in a network.
for (const button of document.querySelectorAll('[data-copies]')) button.hidden = !navigator.clipboard
document.addEventListener('click', ({ target }) => {
  const button = target.closest?.('[data-copies]')
  if (button) copyFrom(button)
})

document.addEventListener('scroll', rememberWhoScrolledUp, { capture: true, passive: true })
document.addEventListener('htmx:after:swap', followTails)
followTails()

if (stream) watchStream()

function hasModifier(event) {
  return event.ctrlKey || event.metaKey || event.altKey
}

function isTyping(element) {
  return element.isContentEditable || element.matches('input, textarea, select')
}

function startNew(event) {
  const brief = document.getElementById('brief')
  event.preventDefault()
  if (brief) brief.focus()
  else location.assign('/')
}

function setBusy(form, busy) {
  for (const button of form.querySelectorAll('button')) button.disabled = busy
}

async function copyFrom(button) {
  const answer = await fetch(button.dataset.copies)
  if (answer.ok) await navigator.clipboard.writeText(await answer.text())
  button.textContent = answer.ok ? 'Copied' : 'Not copied'
}

function rememberWhoScrolledUp({ target }) {
  if (!target.matches?.('[data-tail]')) return
  const atEnd = target.scrollHeight - target.scrollTop - target.clientHeight < 24
  if (atEnd) releasedTails.delete(target)
  else releasedTails.add(target)
}

function followTails() {
  for (const tail of document.querySelectorAll('[data-tail]')) {
    if (tail.textContent.length > TAIL_CHARS * 2) tail.textContent = tail.textContent.slice(-TAIL_CHARS)
    if (!releasedTails.has(tail)) tail.scrollTop = tail.scrollHeight
  }
}

/** Shows when the stream is away, and starts it again when it is dead, or when even the first connection failed. */
function watchStream() {
  let heard = Date.now()
  let ended = false
  let connection
  const alive = () => {
    heard = Date.now()
  }
  const reopen = () => {
    if (connection) return connection.reader?.cancel()
    alive()
    htmx.trigger(stream, 'htmx:abort') // the very first request has had no answer: nothing would ask again
    htmx.trigger(stream, 'reconnect')
  }
  const failed = ({ detail }) => {
    if ((detail?.status ?? detail?.ctx?.response?.status) === 401) location.reload()
  }
  stream.addEventListener('htmx:sse:after:connection', ({ detail }) => {
    connection = detail.connection
    alive()
  })
  stream.addEventListener('htmx:sse:after:message', alive)
  stream.addEventListener('beat', alive)
  stream.addEventListener('htmx:sse:error', failed)
  stream.addEventListener('ended', () => {
    ended = true
  })
  for (const name of ['htmx:error', 'htmx:response:error'])
    stream.addEventListener(name, (event) => {
      failed(event)
      setTimeout(() => htmx.trigger(stream, 'reconnect'), RETRY_MS)
    })
  document.addEventListener('visibilitychange', alive)
  setInterval(() => {
    const quietMs = ended || document.hidden ? 0 : Date.now() - heard
    const quiet = quietMs > QUIET_MS
    if (quietMs > DEAD_MS) reopen()
    link.hidden = !quiet
    document.body.classList.toggle('quiet-link', quiet)
  }, 500)
}
