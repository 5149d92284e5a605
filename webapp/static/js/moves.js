// One move, whoever's hand. It is optimistic, the server's answer decides: refused, the card slides back and the small
// form asks; stale, it goes where the truth is. Other cards can be moved meanwhile, this one cannot.
import { board, catchUpOn, layBack } from "./cards.js"
import { glide } from "./motion.js"
import { isLifting } from "./needs.js"
import { speak } from "./says.js"

export const isBusy = () => isLifting || Boolean(board?.querySelector(".waiting"))

export function move(card, key, fields) {
  const { deal, version } = card.dataset
  card.classList.add("waiting")
  const sent = { source: card, target: board, swap: "none", values: { stage: key, version, ...fields } }
  return window.htmx.ajax("POST", `/deals/${deal}/moves`, sent).finally(() => {
    document.getElementById(`deal-${deal}`)?.classList.remove("waiting")
    catchUpOn(deal)
  })
}

const isMove = (ctx) => ctx?.request?.method === "POST" && /\/moves$/.test(ctx.request.action?.toString())
const isHand = (ctx) => isMove(ctx) && ctx.sourceElement?.matches?.("[data-board] .card.waiting")

function goBack(card) {
  card.classList.remove("waiting")
  glide(() => layBack(card))
}

document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
  if (!isHand(ctx)) return
  if (ctx.response.status >= 400) return goBack(ctx.sourceElement)
  speak(board.dataset.moved.replace("{}", ctx.sourceElement.closest("[data-stage]").getAttribute("aria-label")))
})
document.addEventListener("htmx:error", ({ detail: { ctx } }) => isHand(ctx) && goBack(ctx.sourceElement))
document.addEventListener("dozor:put-back", () => board && speak(board.dataset.back))

// The whole board is not changed under a hand: it asks again when the hand is empty.
document.addEventListener("htmx:before:swap", (event) => {
  const { ctx } = event.detail
  if (ctx.target !== board || ctx.swap === "none" || !isBusy()) return
  event.preventDefault()
  document.dispatchEvent(new CustomEvent("dozor:ask-again"))
})

// An open sheet shows the deal as it is after the move.
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  const sheet = board && document.querySelector("#deal-sheet")
  if (sheet && isMove(ctx) && ctx.response?.status < 400) window.htmx.trigger(sheet, "refresh")
})
