// A fragment as it came from the server, as one element.
export function parse(html) {
  const box = document.createElement("template")
  box.innerHTML = html
  return box.content.firstElementChild
}
