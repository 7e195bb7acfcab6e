/* Photos of a form: shrunk here, sent one by one as soon as they are chosen, shown while they are
   on their way. One that could not be sent stays and is sent again. Without this file the files go
   with the form. */
const LONG_SIDE = 1600;
const QUALITY = 0.85;
const token = document.querySelector('meta[name="csrf-token"]').content;

class Unreachable extends Error {}

/* A phone's photo has ten times the bytes that are kept of it. What this browser cannot read is
   sent as it is: the answer says in words what is wrong with it. */
async function shrunk(file) {
  try {
    const image = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, LONG_SIDE / Math.max(image.width, image.height));
    if (scale === 1 && file.type === "image/jpeg") return file;
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(image.width * scale));
    canvas.height = Math.max(1, Math.round(image.height * scale));
    const context = canvas.getContext("2d");
    context.fillStyle = "#fff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    image.close();
    return await new Promise((done) => { canvas.toBlob(done, "image/jpeg", QUALITY); }) ?? file;
  } catch {
    return file;
  }
}

function upload(photo, progress) {
  return new Promise((done, refused) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/api/v1/photos?id=${photo.id}`);
    request.setRequestHeader("X-CSRFToken", token);
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) progress(event.loaded / event.total);
    });
    request.addEventListener("load", () => {
      let told = {};
      try { told = JSON.parse(request.responseText); } catch { /* a proxy's page */ }
      if (request.status === 200) done(told);
      else if (told.detail && request.status < 500) refused(new Error(told.detail));
      else refused(new Unreachable());
    });
    for (const trouble of ["error", "timeout", "abort"]) {
      request.addEventListener(trouble, () => refused(new Unreachable()));
    }
    const body = new FormData();
    body.append("photo", photo.content, photo.name);
    request.send(body);
  });
}

function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

class PhotoField {
  constructor(holder, changed) {
    this.holder = holder;
    this.changed = changed;
    this.words = holder.dataset;
    this.list = holder.querySelector("ul");
    this.input = holder.querySelector("input[type=file]");
    this.said = holder.querySelector(".photos-said");
    for (const box of this.list.querySelectorAll("input[type=checkbox]")) this.takeOver(box);
    this.input.addEventListener("change", () => {
      this.add([...this.input.files]);
      this.input.value = "";
    });
    this.refresh();
  }

  get waiting() { return [...this.list.querySelectorAll("li[data-state]")]; }

  // a stored photo: the box that keeps it becomes a button that removes it
  takeOver(box) {
    const row = box.closest("li");
    const hidden = element("input", { type: "hidden", name: box.name, value: box.value });
    box.closest("label").replaceWith(hidden, this.remover(row));
  }

  remover(row) {
    const button = element("button", { type: "button", className: "button", textContent: this.words.remove });
    button.addEventListener("click", () => {
      row.gone = true;
      row.remove();
      this.said.textContent = "";
      this.refresh();
      this.input.focus();
    });
    return button;
  }

  addStored(id) {
    const row = this.row(`/photos/${id}/small`);
    row.append(element("input", { type: "hidden", name: this.words.photos, value: id }), this.remover(row));
    this.list.append(row);
    this.refresh();
  }

  row(source) {
    const link = element("a", { href: source.replace(/\/small$/, "") },
      element("img", { src: source, alt: this.words.alt, width: 72, height: 72 }));
    link.dataset.photo = "";
    return element("li", {}, link);
  }

  add(files) {
    const room = Number(this.words.most) - this.list.children.length;
    this.said.textContent = files.length > room
      ? this.words.many.replace("{most}", this.words.most) : "";
    for (const file of files.slice(0, Math.max(room, 0))) this.begin(file);
    this.refresh();
  }

  async begin(file) {
    const row = this.row(URL.createObjectURL(file));
    row.dataset.state = "sending";
    const bar = element("progress", { max: 1, value: 0 });
    bar.setAttribute("aria-label", this.words.sending);
    row.append(bar, this.remover(row));
    this.list.append(row);
    this.refresh();
    row.photo = { id: crypto.randomUUID(), name: file.name, content: await shrunk(file) };
    await this.send(row);
  }

  async send(row) {
    const bar = row.querySelector("progress");
    row.dataset.state = "sending";
    row.querySelector(".photo-trouble")?.remove();
    bar.hidden = false;
    try {
      await upload(row.photo, (share) => { bar.value = share; });
    } catch (trouble) {
      if (row.gone) return;
      row.dataset.state = "failed";
      bar.hidden = true;
      const reachable = !(trouble instanceof Unreachable);
      const said = element("div", { className: "photo-trouble" },
        element("span", { className: "fault", textContent: reachable ? trouble.message : this.words.failed }));
      if (!reachable) {
        const again = element("button", { type: "button", className: "button", textContent: this.words.again });
        again.addEventListener("click", () => this.send(row));
        said.append(again);
      }
      said.setAttribute("role", "alert");
      row.append(said);
      return;
    }
    delete row.dataset.state;
    bar.remove();
    row.append(element("input", { type: "hidden", name: this.words.photos, value: row.photo.id }));
    this.changed();
  }

  // what is on its way is waited for, what failed is sent again; answers whether all is there
  async settle() {
    await Promise.all(this.waiting.filter((row) => row.dataset.state === "failed" && row.photo)
      .map((row) => this.send(row)));
    while (this.waiting.some((row) => row.dataset.state === "sending")) {
      await new Promise((done) => { setTimeout(done, 100); });
    }
    return this.waiting.length === 0;
  }

  refresh() {
    this.input.closest("label").hidden = this.list.children.length >= Number(this.words.most);
    this.changed();
  }
}

export function installPhotos(form, changed) {
  return [...form.querySelectorAll("[data-photos]")].map((one) => new PhotoField(one, changed));
}
