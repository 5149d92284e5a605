// On the page of how one is told: this browser is asked, and told from then on.
import { post } from "./csrf.js"

const card = document.querySelector("[data-push]")
if (card && "PushManager" in window && "Notification" in window) begin(card)

async function begin(card) {
  const worker = await navigator.serviceWorker.ready
  const known = await worker.pushManager.getSubscription()
  const isKnown = Boolean(known && card.dataset.push.split(" ").includes(await digest(known.endpoint)))
  const isOff = known && !(isKnown && (await isByOurKey(known)))
  card.hidden = isKnown && !isOff
  if (isOff) say(card, "off")
  card.querySelector("button").addEventListener("click", () => ask(card, worker).catch(() => say(card, "failed")))
}

// A firm that has lost its key, or moved, has another one: the push service then takes nothing for this browser.
async function isByOurKey(known) {
  const raw = known.options?.applicationServerKey
  if (!raw) return true
  const text = btoa(String.fromCharCode(...new Uint8Array(raw)))
  const key = text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")
  return key === (await (await fetch("/push/key")).text())
}

async function ask(card, worker) {
  if ((await Notification.requestPermission()) !== "granted") return say(card, "denied")
  const key = await (await fetch("/push/key")).text()
  await (await worker.pushManager.getSubscription())?.unsubscribe() // it may be by another key, or another person's
  const made = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key })
  const { endpoint, keys } = made.toJSON()
  const answer = await post("/profile/push", { endpoint, ...keys })
  if (!answer.ok) return say(card, "failed")
  location.reload()
}

function say(card, which) {
  for (const each of card.querySelectorAll("[data-says]")) each.hidden = each.dataset.says !== which
}

// The page names browsers by what does not give their address away.
async function digest(text) {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))
  return [...new Uint8Array(hash)].map((each) => each.toString(16).padStart(2, "0")).join("")
}
