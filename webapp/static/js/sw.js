// The worker beside the pages: what one person saw is kept for when there is no connection, and what is told comes in.
const FILES = "files"
const PAGES = "pages of "
const MOST = { [FILES]: 150, [PAGES]: 30 }
const AS_OF = "Dozor-As-Of"
const DAYS_KEPT = 3
const OFFLINE = "/offline"
const ICON = "/static/0/img/icon-192.png"

addEventListener("install", (event) => {
  skipWaiting()
  event.waitUntil(caches.open(FILES).then((files) => files.add(OFFLINE)))
})

addEventListener("activate", (event) => event.waitUntil(begin()))

async function begin() {
  await registration.navigationPreload?.enable()
  await clients.claim()
}

addEventListener("fetch", (event) => {
  const { method, mode, url } = event.request
  const { origin, pathname } = new URL(url)
  if (origin !== location.origin) return
  if (method === "POST" && pathname === "/sign-out") event.waitUntil(forget())
  if (method !== "GET") return
  if (mode === "navigate") event.respondWith(page(event))
  else if (pathname.startsWith("/static/")) event.respondWith(file(event))
})

// As it is now; without a connection as it was, which it says.
async function page(event) {
  try {
    const answer = (await event.preloadResponse) ?? (await fetch(event.request))
    event.waitUntil(keep(event.request.url, answer.clone()))
    return answer
  } catch {
    return (await kept(event.request.url)) ?? (await caches.match(OFFLINE)) ?? Response.error()
  }
}

async function keep(url, answer) {
  const person = answer.headers.get("Dozor-Person")
  const isPage = answer.ok && answer.headers.get("Content-Type")?.startsWith("text/html")
  if (!isPage) return
  await forget(person && PAGES + person) // nobody's, or somebody else's: whoever was here before has left
  if (!person) return
  const headers = new Headers(answer.headers)
  headers.set(AS_OF, String(Date.now()))
  const pages = await caches.open(PAGES + person)
  await pages.put(url, new Response(await answer.blob(), { headers }))
  await trim(pages, MOST[PAGES])
}

async function forget(but) {
  for (const name of await caches.keys()) if (name.startsWith(PAGES) && name !== but) await caches.delete(name)
}

async function kept(url) {
  const found = await caches.match(url, { ignoreVary: true })
  const asOf = Number(found?.headers.get(AS_OF))
  if (!found || Date.now() - asOf > DAYS_KEPT * 24 * 3600 * 1000) return
  const html = (await found.text()).replace("<body ", `<body data-as-of="${asOf}" `)
  return new Response(html, { headers: found.headers })
}

// Files carry their version in their address, so one that is kept is right.
async function file(event) {
  const files = await caches.open(FILES)
  const found = await files.match(event.request)
  if (found) return found
  const answer = await fetch(event.request)
  if (answer.ok) event.waitUntil(files.put(event.request, answer.clone()).then(() => trim(files, MOST[FILES])))
  return answer
}

async function trim(cache, most) {
  const all = await cache.keys()
  await Promise.all(all.slice(0, Math.max(0, all.length - most)).map((each) => cache.delete(each)))
}

addEventListener("push", (event) => event.waitUntil(show(event.data.json())))

function show(said) {
  const { title, body, lang, tag, actions } = said
  return registration.showNotification(title, { body, lang, tag, actions, icon: ICON, data: said, renotify: true })
}

// The browser's address has changed: the firm is told the new one, while somebody is signed in here.
addEventListener("pushsubscriptionchange", (event) => event.waitUntil(renew().catch(() => {})))

async function renew() {
  const key = await (await fetch("/push/key")).text()
  const made = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key })
  await tell(made.toJSON())
}

async function tell({ endpoint, keys }) {
  const { csrf } = await (await fetch("/push/token")).json()
  const body = new URLSearchParams({ endpoint, ...keys })
  return fetch("/profile/push", { method: "POST", body, headers: { "X-CSRFToken": csrf, "HX-Request": "true" } })
}

addEventListener("notificationclick", (event) => {
  event.notification.close()
  event.waitUntil(event.action === "accept" ? accept(event.notification.data) : open(event.notification.data.url))
})

// As the button on the page does, by the sign-in of this browser; whatever speaks against it is seen on the page.
async function accept(said) {
  try {
    const { csrf, person } = await (await fetch("/push/token")).json()
    if (person !== said.person) throw new Error("somebody else is signed in")
    const body = new URLSearchParams({ submission: said.submission })
    const headers = { "X-CSRFToken": csrf, "HX-Request": "true" }
    const answer = await fetch(`/tasks/${said.task}/acceptances`, { method: "POST", body, headers })
    if (!answer.ok || answer.redirected) throw new Error(`refused: ${answer.status}`)
    await show({ ...said, title: said.accepted, body: "", actions: [] })
  } catch {
    await open(said.url)
  }
}

async function open(url) {
  const windows = await clients.matchAll({ type: "window" })
  const there = windows.find((each) => new URL(each.url).pathname === new URL(url, location.origin).pathname)
  return there ? there.focus() : clients.openWindow(url)
}
