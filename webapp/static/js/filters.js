// Under a filter the numbers above the columns are asked for: what comes with an answer or a push counts whole columns.
import { board } from "./cards.js"

export const isFiltered = () => board && board.getAttribute("hx-get").includes("?")

document.addEventListener("htmx:before:swap", ({ detail: { ctx, tasks } }) => {
  if (isFiltered() && ctx.sourceElement !== board) leaveHeads(tasks)
})

function leaveHeads(tasks) {
  const others = tasks.filter(({ target }) => !/^#?(head|total)-/.test(target?.id ?? target))
  if (others.length < tasks.length) document.dispatchEvent(new CustomEvent("dozor:ask-again"))
  tasks.splice(0, tasks.length, ...others)
}
