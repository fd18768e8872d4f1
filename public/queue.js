// Drags a line of the queue to another place, and has the page stay where it is when a line is moved, paused or stopped: what
// changed comes by the stream. Without this, and for keys, each line has buttons.
const form = document.getElementById('queue-move')
let dragged = null
/** The button that a person has just pressed, by its line and its name: the line may stand elsewhere then. */
let pressed = null

document.addEventListener(
  'submit',
  (event) => {
    if (event.target !== form && !event.target.closest('.queue')) return
    event.preventDefault()
    event.stopPropagation() // before anything disables the button: it would lose the focus
    const { submitter, target } = event
    const line = submitter?.closest('li')?.id
    pressed = line && submitter.name === 'way' ? { line, way: submitter.value } : null
    void send(target, submitter)
  },
  { capture: true },
)

// Once more when it is drawn: until then a button that was disabled just now holds the focus.
document.addEventListener('htmx:after:swap', () => {
  followPressed()
  requestAnimationFrame(followPressed)
})

document.addEventListener('dragstart', (event) => {
  dragged = event.target.closest?.('.handle')?.closest('li') ?? null
  if (!dragged) return
  event.dataTransfer.effectAllowed = 'move'
  event.dataTransfer.setData('text/plain', dragged.dataset.job)
  event.dataTransfer.setDragImage(dragged, 8, 8)
  dragged.classList.add('dragged')
})

document.addEventListener('dragover', (event) => {
  const over = lineAt(event)
  if (!dragged || !over) return
  event.preventDefault()
  mark(over, isBelow(event, over))
})

document.addEventListener('drop', (event) => {
  const over = lineAt(event)
  if (!dragged || !over) return
  event.preventDefault()
  const next = isBelow(event, over) ? over.nextElementSibling : over
  if (next === dragged || over === dragged) return end()
  form.elements.job.value = dragged.dataset.job
  form.elements.before.value = next?.dataset.job ?? ''
  end()
  form.requestSubmit()
})

document.addEventListener('dragend', end)

function lineAt({ target }) {
  return target.closest?.('[data-sortable] > li')
}

function isBelow({ clientY }, line) {
  const { top, height } = line.getBoundingClientRect()
  return clientY > top + height / 2
}

function mark(line, below) {
  unmark()
  line.classList.add(below ? 'drop-after' : 'drop-before')
}

function unmark() {
  for (const line of document.querySelectorAll('.drop-before, .drop-after'))
    line.classList.remove('drop-before', 'drop-after')
}

function end() {
  unmark()
  dragged?.classList.remove('dragged')
  dragged = null
}

/** Who moves a line by keys goes on with it where it is now, and hears where that is. */
function followPressed() {
  if (!pressed) return
  const lines = [...document.querySelectorAll('[data-sortable] > li')]
  const at = lines.findIndex(({ id }) => id === pressed.line)
  if (at < 0) return
  document.getElementById('queue-said').textContent = `Now ${at + 1} of ${lines.length}`
  const held = document.activeElement
  if (held && held !== document.body && !held.disabled) return
  const buttons = [...lines[at].querySelectorAll('[name="way"]')].filter(({ disabled }) => !disabled)
  const same = buttons.find(({ value }) => value === pressed.way)
  ;(same ?? buttons[0])?.focus()
}

/** What can't be done any more is told; all else is seen. */
async function send(target, submitter) {
  const answer = await fetch(target.action, {
    method: 'POST',
    body: new URLSearchParams(new FormData(target, submitter)),
  }).catch(() => null)
  const notice = document.getElementById('notice')
  notice.replaceChildren()
  if (answer?.ok) return
  const said =
    answer && new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('main .alert, main p')
  notice.textContent = said?.textContent ?? 'The connection broke. Try again.'
}
