// The page is to be drawn anew as a whole: it loads itself, once nothing on it is half-typed, open or in a hand. Until
// then it goes on as it was drawn. An answer to a form stays: it may show what is shown only once.
import { isWrittenIn, unlessLeaving } from "./leaving.js"
import { isBusy } from "./moves.js"

const LOOK_MS = 1000
const isFree = () => !isWrittenIn() && !isBusy() && !document.querySelector("dialog[open]")
let waiting = null

export function redraw() {
  if ("isAnswer" in document.body.dataset) return
  clearTimeout(waiting)
  if (isFree()) unlessLeaving(() => location.reload())
  waiting = setTimeout(redraw, LOOK_MS)
}
