"""The typefaces that paper is set in (OFL.txt), and the script that cut them."""
