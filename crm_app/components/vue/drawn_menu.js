// A menu drawn from plain values: one element of the page however many lines it has, and none of them exist until it is opened.
// Says "pick" with the line's number. Up and Down walk the lines; Quasar opens, places and closes it.
export default {
  inheritAttrs: false,
  props: { items: Array, title: String },
  emits: ["pick"],
  template: `
    <q-menu ref="qRef" v-bind="$attrs" transition-duration="160"
        @keydown.down.prevent="step(1)" @keydown.up.prevent="step(-1)" @keydown.home.prevent="step(0)" @keydown.end.prevent="step(-2)">
      <div v-if="title" class="mc-menu-title mc-truncate">{{ title }}</div>
      <template v-for="(item, index) in items" :key="index">
        <div v-if="item.danger" class="mc-menu-rule" role="separator"></div>
        <form v-if="item.post" method="post" :action="item.post">
          <button type="submit" role="menuitem" class="mc-menu-button mc-menu-item">
            <q-icon :name="'lu-' + item.icon" class="mc-icon" aria-hidden="true"></q-icon><span>{{ item.label }}</span></button></form>
        <q-item v-else clickable v-close-popup :href="item.href" role="menuitem" class="mc-menu-item" :class="{'mc-danger': item.danger}"
            @click="$emit('pick', index)">
          <q-icon v-if="item.icon" :name="'lu-' + item.icon" class="mc-icon" aria-hidden="true"></q-icon>
          <span class="mc-truncate">{{ item.label }}</span>
          <kbd v-if="item.key" class="mc-key" aria-hidden="true">{{ item.key }}</kbd></q-item>
      </template>
    </q-menu>`,
  methods: {
    // To the next or the previous line, round and round; 0 is the first one, -2 the last.
    step(by) {
      const lines = [...document.querySelectorAll(".q-menu .mc-menu-item")];
      const here = lines.indexOf(document.activeElement);
      const next = by === 0 ? 0 : by === -2 || (here < 0 && by < 0) ? lines.length - 1 : (here + by + lines.length) % lines.length;
      lines[next]?.focus();
    },
  },
};
