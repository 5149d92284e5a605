// On a phone what stands above makes room while one scrolls down, and is back at a scroll up: over a column of cards
// what stands above the board, over a deal its own head, and on a page of its own the bar too.
const FOLDS = 240 // taller than what folds: a place hardly longer than its window would jump to and fro
const LEAST = 8 // a finger is never quite still
const phone = window.matchMedia("(max-width: 700px)")
let place = null
let last = 0

const scroller = (target) => (target === document ? document.scrollingElement : target)

// What is told to fold, and the scroller that it stands above or scrolls along with.
function foldedBy(target) {
  if (target === document) return [document.querySelector("main:has(> .deal)"), target]
  if (target.matches("[data-board] [data-cards]")) return [document.body, target]
  const sheet = target.matches("#sheet, .says") && target.closest("#sheet, main:has(> .deal)")
  return [sheet, sheet?.id === "sheet" ? sheet : document]
}

// A head that scrolls along goes when it has been scrolled past, so that it leaves no hole behind.
function isPast(head, around) {
  const { scrollTop, scrollHeight, clientHeight } = scroller(around)
  return scrollHeight - clientHeight > FOLDS && (head === document.body || scrollTop > FOLDS)
}

function read({ target }) {
  const [head, around] = phone.matches ? foldedBy(target) : []
  if (!head) return
  const now = scroller(target).scrollTop
  const by = target === place ? now - last : 0
  if (target === place && Math.abs(by) < LEAST) return
  place = target
  last = now
  if (by < 0 || now < LEAST) delete head.dataset.reading
  else if (by > 0 && isPast(head, around)) head.dataset.reading = ""
}

document.addEventListener("scroll", read, { capture: true, passive: true })
