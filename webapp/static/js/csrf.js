// Every request of htmx carries the page's token.
document.addEventListener("htmx:config:request", (event) => {
  event.detail.ctx.request.headers["X-CSRFToken"] = token()
})

export function token() {
  return document.querySelector('meta[name="csrf-token"]').content
}

// Another session has begun: its token takes the place of that which the page came with.
export function renew(csrf) {
  document.querySelector('meta[name="csrf-token"]').content = csrf
  for (const each of document.querySelectorAll('input[name="csrf_token"]')) each.value = csrf
}

export function post(path, fields = {}) {
  const body = new FormData()
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined && value !== null) body.append(name, value)
  }
  return fetch(path, { method: "POST", body, headers: { "X-CSRFToken": token(), "HX-Request": "true" } })
}
