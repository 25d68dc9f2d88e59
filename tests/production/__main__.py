import sys

from tests.production.shape import in_production

done = in_production(sys.argv[1:])
print(done.stdout, done.stderr, sep="\n")
sys.exit(done.returncode)
