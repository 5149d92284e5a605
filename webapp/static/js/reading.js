// On a phone what stands above the cards makes room while one scrolls down a column, and is back at a scroll up.
const FOLDS = 240 // taller than what folds: a column hardly longer than its place would jump to and fro
const LEAST = 8 // a finger is never quite still
const board = document.querySelector("[data-board]")
const phone = window.matchMedia("(max-width: 700px)")
let place = null
let last = 0

function read({ target }) {
  if (!phone.matches || !target.matches?.("[data-cards]")) return
  const by = target === place ? target.scrollTop - last : 0
  if (target === place && Math.abs(by) < LEAST) return
  place = target
  last = target.scrollTop
  if (by < 0 || last < LEAST) delete document.body.dataset.reading
  else if (by > 0 && target.scrollHeight - target.clientHeight > FOLDS) document.body.dataset.reading = ""
}

board?.addEventListener("scroll", read, { capture: true, passive: true })
