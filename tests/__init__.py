"""The tests of cnnviz; they mirror its modules."""
