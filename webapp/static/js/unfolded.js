// What somebody unfolded, or folded, stays so while the page around it is refreshed; only the answer to what was sent
// from within it may change that.
let asks = null
document.addEventListener("htmx:before:swap", ({ detail: { ctx } }) => { asks = ctx.sourceElement })

// Of several of which one is open at a time, the page says which.
const isTheirs = (element, name) => name === "open" && element.matches("details:not([name])") && !element.contains(asks)

window.htmx.registerExtension("unfolded", {
  htmx_before_morph_attr: (element, { attrName }) => !isTheirs(element, attrName),
})
