"""Address books elsewhere whose people come in as contacts and stay in step, one way: nothing is ever written there."""
