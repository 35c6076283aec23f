/**
 * The widget for foreign pages: one script, one element.
 *
 *     <script type="module" src="https://navigator.example/static/….js"></script>
 *     <tez-inbox src="https://navigator.example/"></tez-inbox>
 */
export { TezInbox } from '../inbox/inbox';
