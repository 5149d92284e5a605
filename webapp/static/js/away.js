// No answer, or one that is not Dozor's own (a proxy's): it is said once, and what was typed stays where it is.
const stack = document.querySelector("#toasts")
const words = document.querySelector("#unreachable")

function say() {
  stack.querySelector('[data-toast="unreachable"]')?.remove()
  stack.append(words.content.cloneNode(true))
}

// What the page asks by itself may fail in silence: the lamp says it.
const isWanted = (ctx) => ctx?.request?.method === "POST" || ctx?.target?.matches?.("#sheet, #ask")

document.addEventListener("htmx:error", ({ detail }) => isWanted(detail.ctx) && say())
document.addEventListener("htmx:before:swap", (event) => {
  const { ctx } = event.detail
  if (!(ctx.response?.status >= 500) || ctx.text?.includes("<hx-partial")) return
  event.preventDefault()
  if (isWanted(ctx)) say()
})
