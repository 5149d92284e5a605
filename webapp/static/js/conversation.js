// A long conversation stands at its end, where the newest words are, until somebody scrolls it back.
function showNewest() {
  for (const said of document.querySelectorAll(".says")) {
    if (said.seen === said.childElementCount) continue
    said.seen = said.childElementCount
    said.scrollTop = said.scrollHeight
  }
}
document.addEventListener("htmx:after:swap", showNewest)
showNewest()
