// How many of one's own deals want a next step: counted anew when a card of one's own changes, at most once a second.
import { refresh } from "./refresh.js"

let waiting = null
const me = `user-${document.body.dataset.person}`

export function recount(card) {
  if (waiting || !card?.dataset.writers.split(" ").includes(me)) return
  waiting = setTimeout(() => {
    waiting = null
    refresh('[data-refreshes="steps"]')
  }, 1000)
}
