// In a row of rooms that is swept sideways, as on a phone, the one that one stands in is in sight: at once, and again
// when the letters have their own widths.
function show() {
  for (const row of document.querySelectorAll("[data-swept]")) {
    const here = row.querySelector("[aria-current]")
    if (!here || row.scrollWidth <= row.clientWidth) continue
    const [seen, around] = [here.getBoundingClientRect(), row.getBoundingClientRect()]
    row.scrollLeft += seen.left + seen.width / 2 - around.left - around.width / 2
  }
}
show()
document.fonts.ready.then(show)
