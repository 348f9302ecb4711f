// A mail's own page, in a frame of its own. No script runs in it, whatever its page says: the sandbox forbids all of them. It belongs to our origin
// only so that its height can be measured from out here; its links open in new tabs. A page without colours of its own takes ours.
export default {
  template: `<iframe class="mc-mail-frame" ref="frame" sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox" referrerpolicy="no-referrer" :srcdoc="dressed" :title="label" @load="fit"></iframe>`,
  props: { page: String, label: String, plain: Boolean },
  data() { return { theme: document.body.className }; },
  computed: {
    dressed() {
      if (!this.plain || this.theme === null) return this.page;
      const tokens = getComputedStyle(document.body), of = (name) => tokens.getPropertyValue(name);
      const ours = `<style>html{background:${of("--surface")};color:${of("--ink")}}a{color:${of("--accent-text")}}blockquote{border-color:${of("--line-strong")}}</style>`;
      return this.page.replace("</head>", () => ours + "</head>");
    },
  },
  mounted() {
    this.looks = new MutationObserver(() => { this.theme = document.body.className; });
    this.looks.observe(document.body, { attributes: true, attributeFilter: ["class"] });
  },
  unmounted() {
    this.looks.disconnect();
    this.sizes?.disconnect();
  },
  methods: {
    fit() {
      const page = this.$refs.frame?.contentDocument;
      if (!page?.body) return;
      this.sizes?.disconnect();
      this.sizes = new ResizeObserver(() => this.measure());
      this.sizes.observe(page.body);
      this.measure();
    },
    measure() {
      const frame = this.$refs.frame, page = frame?.contentDocument;
      if (!page?.body) return;
      const wide = page.documentElement.scrollWidth > frame.clientWidth;
      frame.style.height = Math.min(30000, Math.ceil(Math.max(page.body.offsetHeight, page.body.scrollHeight)) + (wide ? 16 : 0)) + "px";
    },
  },
};
