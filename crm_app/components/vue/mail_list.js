// Threads of mail one under the other: one element however many there are. Each is a link; J and K or the arrows go from one to the next, Enter
// opens it, Escape leaves the one that is open. The focus comes back to the thread that was read.
export default {
  template: `
    <div class="mc-threads" ref="list" @keydown="walk">
      <ul :aria-label="words.label">
        <li v-for="row in rows" :key="row.id">
          <a class="mc-thread" :class="{'mc-unread': row.unread, 'mc-chosen': chosen === row.id}" :href="row.href" :data-thread="row.id" :aria-current="chosen === row.id ? 'true' : null">
            <span :class="'mc-avatar mc-s32 mc-hue-' + row.hue" aria-hidden="true"><span>{{ row.initials }}</span></span>
            <span class="mc-thread-words">
              <span class="mc-thread-head"><span v-if="row.unread" class="mc-visually-hidden">{{ words.unread }}</span>
                <span class="mc-thread-who mc-truncate" :title="row.who">{{ row.who }}</span><span v-if="row.many" class="mc-cap mc-num" :title="row.many_said">{{ row.many }}</span>
                <span class="mc-grow"></span>
                <span v-for="mark in row.marks" :key="mark.icon" class="mc-thread-mark" role="img" :aria-label="mark.said" :title="mark.said"><i class="q-icon" aria-hidden="true"><svg viewBox="0 0 24 24"><use :href="sprite + '#' + mark.icon"></use></svg></i></span>
                <time class="mc-cap mc-num mc-nowrap" :datetime="row.at" :title="row.exact">{{ row.when }}</time></span>
              <span class="mc-thread-subject mc-truncate" :class="{'mc-unnamed': !row.named}">{{ row.subject }}</span>
              <span class="mc-cap mc-truncate mc-block">{{ row.snippet || "\u00a0" }}</span>
            </span>
          </a>
        </li>
      </ul>
    </div>`,
  props: { rows: Array, chosen: String, words: Object, sprite: String, keyed: Boolean },
  emits: ["leave"],
  watch: {
    chosen(now, before) {
      // Where list and thread are two steps, whoever hears the page goes on at the beginning of the thread.
      if (now) this.$nextTick(() => setTimeout(() => this.$refs.list?.offsetParent || document.querySelector(".mc-mail-head h2")?.focus({ preventScroll: true })));
      if (!now && before) this.$nextTick(() => document.activeElement === document.body && this.element(before)?.focus());
    },
    rows() {
      const held = this.$refs.list?.contains(document.activeElement) && document.activeElement.dataset.thread;
      if (held) this.$nextTick(() => document.activeElement === document.body && (this.element(held) || this.all()[0])?.focus());
    },
  },
  mounted() {
    this.keys = (e) => {
      if (!this.keyed || e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey || document.querySelector(".q-dialog[aria-modal=true], .q-menu, .mc-drawer-open")) return;
      const at = document.activeElement;
      if (at && (at.matches("input:not([type=checkbox]),textarea,select") || at.isContentEditable)) return;
      if (e.key === "Escape" && this.chosen) {
        e.preventDefault();
        this.element(this.chosen)?.focus();
        this.$emit("leave");
      } else if (["j", "k"].includes(e.key) && this.$refs.list?.offsetParent) {
        e.preventDefault();
        this.step(e.key === "j" ? 1 : -1);
      }
    };
    document.addEventListener("keydown", this.keys);
    this.$nextTick(() => this.chosen && this.element(this.chosen)?.scrollIntoView({ block: "nearest" }));
  },
  unmounted() { document.removeEventListener("keydown", this.keys); },
  methods: {
    all() { return this.$refs.list ? [...this.$refs.list.querySelectorAll("[data-thread]")] : []; },
    element(id) { return this.all().find((one) => one.dataset.thread === id); },
    // From the one that has the focus, else from the one that is open, else from the first.
    step(by) {
      const all = this.all(), at = all.indexOf(document.activeElement), here = at < 0 ? all.findIndex((one) => one.dataset.thread === this.chosen) : at;
      all[here < 0 ? 0 : Math.max(0, Math.min(all.length - 1, here + by))]?.focus();
    },
    walk(e) {
      const by = { ArrowDown: 1, ArrowUp: -1 }[e.key];
      if (!by || e.ctrlKey || e.metaKey || e.altKey || e.shiftKey) return;
      e.preventDefault();
      this.step(by);
    },
  },
};
