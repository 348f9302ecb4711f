// A panel beside the event that it tells of, wherever that stands just now; on a narrow window the stylesheet makes it a sheet from below. Escape
// closes it. The focus comes in when it opens and goes back to the event when it closes.
const GAP = 8;

export default {
  template: `<div class="mc-event-host"><div class="mc-event-scrim" @click="$emit('close')"></div>
    <section class="mc-event-panel" ref="box" role="dialog" :aria-label="label" tabindex="-1"><slot></slot></section></div>`,
  props: { at: String, label: String },
  emits: ["close"],
  watch: {
    at() { this.$nextTick(this.enter); },
  },
  mounted() {
    this.moved = () => this.place();
    this.keys = (e) => {
      if (e.key !== "Escape" || e.defaultPrevented || document.querySelector(".q-dialog[aria-modal=true], .q-menu")) return;
      e.preventDefault();
      this.$emit("close");
    };
    document.addEventListener("scroll", this.moved, true);
    document.addEventListener("keydown", this.keys);
    window.addEventListener("resize", this.moved);
    this.sizes = new ResizeObserver(this.moved);
    this.sizes.observe(this.$refs.box);
    this.enter();
  },
  beforeUnmount() {
    const had = this.$refs.box.contains(document.activeElement);
    document.removeEventListener("scroll", this.moved, true);
    document.removeEventListener("keydown", this.keys);
    window.removeEventListener("resize", this.moved);
    this.sizes.disconnect();
    if (had) setTimeout(() => this.event()?.focus({ preventScroll: true }));
  },
  methods: {
    event() { return [...document.querySelectorAll("[data-event]")].find((one) => one.dataset.event === this.at && one.offsetParent); },
    enter() {
      this.place();
      if (!this.$refs.box.contains(document.activeElement)) this.$refs.box.focus({ preventScroll: true });
    },
    // Right of the event, else left of it, else over it; always inside the window.
    place() {
      const box = this.$refs.box, beside = this.event()?.getBoundingClientRect(), { innerWidth: wide, innerHeight: high } = window;
      if (!box) return;
      const width = box.offsetWidth, right = beside ? beside.right + GAP : wide, left = beside ? beside.left - GAP - width : 0;
      const x = right + width <= wide - GAP ? right : left >= GAP ? left : wide - width - 3 * GAP;
      const y = Math.max(GAP, Math.min(beside ? beside.top : 96, high - box.offsetHeight - GAP));
      Object.assign(box.style, { left: x + "px", top: y + "px" });
    },
  },
};
