// Motion says where a thing went: what stood elsewhere before a change slides from there. None where less motion is
// wished.
const MS = 180
const EASE = "cubic-bezier(.2,.8,.2,1)"
const still = matchMedia("(prefers-reduced-motion: reduce)")

export function glide(change) {
  if (document.hidden) return change()
  const before = places()
  change()
  keepScroll(before)
  if (still.matches) return
  for (const [id, from] of before) {
    const card = document.getElementById(id)
    if (!card || card.matches(".ghost")) continue
    const to = card.getBoundingClientRect()
    const by = { x: from.x - to.x, y: from.y - to.y }
    if (Math.abs(by.x) < 1 && Math.abs(by.y) < 1) continue
    Math.abs(by.x) < 1 ? slide(card, by) : fly(card, by, to)
  }
}

// Cards in sight and where they stand.
function places() {
  const found = new Map()
  for (const card of document.querySelectorAll("[data-board] .card")) {
    const at = card.getBoundingClientRect()
    const isSeen = at.width && at.bottom > 0 && at.top < innerHeight
    if (isSeen) found.set(card.id, { x: at.x, y: at.y, list: card.parentElement })
  }
  return found
}

// What somebody reads far down in a column stays under their eyes: if all of it was pushed, the column is scrolled by
// as much.
function keepScroll(before) {
  const pushed = new Map()
  for (const [id, { y, list }] of before) {
    const card = document.getElementById(id)
    if (!list.scrollTop || card?.parentElement !== list) continue
    const by = card.getBoundingClientRect().y - y, least = pushed.get(list) ?? by
    pushed.set(list, Math.abs(by) < Math.abs(least) ? by : least)
  }
  for (const [list, by] of pushed) if (by) list.scrollTop += by
}

function slide(thing, by) {
  thing.animate([{ translate: `${by.x}px ${by.y}px` }, { translate: "0 0" }], { duration: MS, easing: EASE })
}

// A column cuts off what is outside of it, so between columns a likeness flies above all of them.
function fly(card, by, to) {
  const likeness = card.cloneNode(true)
  for (const name of ["id", "data-deal"]) likeness.removeAttribute(name)
  likeness.inert = true
  likeness.className = "card flying"
  const { x, y, width, height } = to
  Object.assign(likeness.style, { left: `${x}px`, top: `${y}px`, width: `${width}px`, height: `${height}px` })
  document.body.append(likeness)
  card.classList.add("landing")
  slide(likeness, by)
  setTimeout(() => { // not when the animation says so: where no frame is drawn it never does
    likeness.remove()
    card.classList.remove("landing")
  }, MS)
}
