// [data-goes-to] leads to a part of what is open without becoming an address of its own.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-goes-to]")
  if (!link || event.metaKey || event.ctrlKey) return
  event.preventDefault()
  const part = document.querySelector(link.getAttribute("href"))
  part.tabIndex = -1
  part.focus({ preventScroll: true })
  part.scrollIntoView({ block: "start" })
})
