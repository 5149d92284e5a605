// A board scrolls under a card that is carried to its edge, and no further. Sortable looks at the pointer every 30 ms:
// one that leaves the edge between two looks and rests would scroll on for ever. So each step asks where it is now.
export const EDGE = 60

let pointer = null
document.addEventListener("pointermove", (event) => { pointer = event }, true)

export function onlyAtTheEdge(across, down, event, touch, place) {
  if (!pointer) return "continue"
  const { left, right, top, bottom } = place.getBoundingClientRect()
  const isNear = (at, one, other) => Math.min(Math.abs(at - one), Math.abs(at - other)) <= EDGE
  const isAtEdge = (across && isNear(pointer.clientX, left, right)) || (down && isNear(pointer.clientY, top, bottom))
  return isAtEdge ? "continue" : null
}
