// A menu closes when one looks elsewhere, or by Escape.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false
  }
})
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && event.target.closest("details.menu[open]")
  if (!menu) return
  event.stopImmediatePropagation()
  menu.open = false
  menu.querySelector("summary").focus()
}, true)
