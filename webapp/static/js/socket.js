// The socket: the lamp says whether it is open. Without one the page still hears, only later.
import { renew } from "./csrf.js"
import { isWrittenIn, unlessLeaving } from "./leaving.js"

const lamp = document.querySelector(".live")
const LONGEST_MS = 15000
const SIGNED_OUT = 4401, RESTARTED = 1012
const LOOK_MS = 3000 // whether one has signed in beside
let socket = null, wait = 500, polling = null
let seq = Number(document.body.dataset.seq) // the last notification that this page knows

const known = (latest) => { seq = Math.max(seq, latest) }
// What the socket says is so, lower too: a restore may have ended the history of which the page knew.
export const told = (latest) => { seq = latest }
const light = (on) => { lamp.dataset.live = on ? "on" : "off" }

// `hears` takes each message; `asks` asks for what a page without a socket has missed.
export function connect(hears, asks) {
  const scheme = location.protocol === "https:" ? "wss" : "ws"
  const asked = new URLSearchParams({ seq, lang: document.documentElement.lang, zone: document.body.dataset.zone })
  const mine = socket = new WebSocket(`${scheme}://${location.host}/live?${asked}`)
  let opened = false
  mine.onopen = () => {
    opened = true
    wait = 500
    light(true)
    clearInterval(polling)
    polling = null
  }
  mine.onmessage = ({ data }) => hears(JSON.parse(data))
  mine.onclose = ({ code }) => {
    light(false)
    if (code === SIGNED_OUT) return isWrittenIn() ? signInAside(() => connect(hears, asks)) : signIn()
    if (!opened && !polling) polling = setInterval(() => poll(asks), LONGEST_MS)
    const soon = code === RESTARTED ? 200 + Math.random() * 800 : wait * (0.5 + Math.random())
    setTimeout(() => connect(hears, asks), soon)
    wait = Math.min(wait * 2, LONGEST_MS)
  }
}

function signIn() {
  const here = encodeURIComponent(location.pathname + location.search)
  unlessLeaving(() => location.assign(`/sign-in?next=${here}`))
}

// Whoever has typed something stays, signs in beside, and goes on here by the new session's token.
function signInAside(goOn) {
  document.querySelector("#toasts").append(document.querySelector("#signed-out").content.cloneNode(true))
  const timer = setInterval(look, LOOK_MS)
  async function look() {
    const answer = await fetch("/push/token", { headers: { "HX-Request": "true" } }).catch(() => ({}))
    if (answer.status !== 200) return
    clearInterval(timer)
    const { csrf, person } = await answer.json()
    if (String(person) !== document.body.dataset.person) return signIn()
    renew(csrf)
    document.querySelector('[data-toast="signed-out"]')?.remove()
    goOn()
  }
}

function poll(asks) {
  if (document.hidden) return
  window.htmx.ajax("GET", `/frame?seq=${seq}`, { target: "#toasts", swap: "none" }).then(() => {
    for (const toast of document.querySelectorAll("#toasts [data-toast]")) known(Number(toast.dataset.toast) || 0)
  }).catch(() => {})
  asks()
}

// Slept, or the network was changed: a socket that looks open may be a dead one.
const anew = () => socket?.readyState === WebSocket.OPEN && socket.close()
document.addEventListener("dozor:clock", anew)
window.addEventListener("online", anew)
window.addEventListener("offline", () => light(false))
