// The gallery: a picture or clip in full above its page, by keys and buttons; two pictures one above the other; words to copy.
// Without this, each has a page, and words can be marked.
const box = document.getElementById('lightbox')
const slide = document.querySelector('[data-slide]')
const compared = document.getElementById('compare')

if (box) openBox()
if (slide) openSlide()
if (compared) keepTwoTicked()
openCopies()

function openBox() {
  const links = () => [...document.querySelectorAll('[data-lightbox] a[data-full]')]
  const picture = box.querySelector('img')
  const clip = box.querySelector('video')
  let at = 0
  const show = (index) => {
    const all = links()
    at = (index + all.length) % all.length
    const { full, kind, title, facts, path } = all[at].dataset
    const isClip = kind === 'clip'
    picture.hidden = isClip
    clip.hidden = !isClip
    clip.pause()
    if (isClip) clip.src = full
    else picture.src = full
    picture.alt = all[at].querySelector('img')?.alt ?? title
    const page = box.querySelector('[data-page]')
    page.href = all[at].href
    page.textContent = title
    box.querySelector('[data-facts]').textContent = facts
    box.querySelector('[data-place]').textContent = `${at + 1} of ${all.length}`
    const download = box.querySelector('[data-download]')
    download.href = full
    download.download = path.split('/').at(-1)
  }
  document.addEventListener('click', (event) => {
    const link = event.target.closest?.('[data-lightbox] a[data-full]')
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return
    event.preventDefault()
    show(links().indexOf(link))
    box.showModal()
  })
  box.addEventListener('keydown', ({ key, target }) => {
    if (target === clip) return // these keys wind it
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 }[key]
    if (to !== undefined) show(to)
  })
  for (const button of box.querySelectorAll('[data-step]'))
    button.addEventListener('click', () => show(at + Number(button.dataset.step)))
  box.addEventListener('click', ({ target }) => {
    if (target === box) box.close()
  })
  box.addEventListener('close', () => {
    clip.pause()
    links()[at]?.focus()
  })
}

function openSlide() {
  const range = slide.querySelector('input')
  const upper = slide.querySelectorAll('img')[1]
  const draw = () => {
    upper.style.clipPath = `inset(0 0 0 ${100 - range.value}%)`
  }
  range.addEventListener('input', draw)
  slide.hidden = false
  draw()
}

/** Who ticks a third one means it instead of the first. */
function keepTwoTicked() {
  const ticked = [...document.querySelectorAll('[form="compare"]:checked')]
  document.addEventListener('change', ({ target }) => {
    if (target.getAttribute?.('form') !== 'compare') return
    if (target.checked) ticked.push(target)
    else ticked.splice(ticked.indexOf(target), 1)
    if (ticked.length > 2) ticked.shift().checked = false
  })
}

function openCopies() {
  for (const button of document.querySelectorAll('[data-copy]')) {
    button.hidden = false
    button.addEventListener('click', async () => {
      const copied = await copy(document.getElementById(button.dataset.copy))
      button.firstChild.textContent = copied ? 'Copied' : 'Not copied'
    })
  }
}

/** By the clipboard where the browser gives it; on plain HTTP in a network it does not, but copies what is marked. */
async function copy(element) {
  if (navigator.clipboard) {
    const written = await navigator.clipboard.writeText(element.textContent).then(
      () => true,
      () => false,
    )
    if (written) return true
  }
  getSelection().selectAllChildren(element)
  return document.execCommand('copy')
}
