// Pages that are opened from the disk may start no worker. Search is one: it runs in a hidden frame there instead.
if (location.protocol === "file:") {
  // As between workers: later, and a copy.
  const send = (data, deliver) => {
    const copy = structuredClone(data)
    setTimeout(() => deliver(copy))
  }

  window.Worker = class extends EventTarget {
    constructor(url) {
      super()
      this.frame = Object.assign(document.createElement("iframe"), { hidden: true })
      document.body.append(this.frame)
      const inside = this.frame.contentWindow
      inside.postMessage = message => send(message, data => this.onmessage?.(new MessageEvent("message", { data })))
      this.loaded = new Promise((resolve, reject) => {
        const script = inside.document.createElement("script")
        Object.assign(script, { src: url, onload: resolve, onerror: reject })
        inside.document.body.append(script)
      })
      this.loaded.catch(() => this.onerror?.(new ErrorEvent("error", { message: `cannot load ${url}` })))
    }

    postMessage(message) {
      const inside = this.frame.contentWindow
      const deliver = data => inside.dispatchEvent(new inside.MessageEvent("message", { data }))
      this.loaded.then(() => send(message, deliver), () => {})
    }

    terminate() {
      this.frame.remove()
    }
  }
}
