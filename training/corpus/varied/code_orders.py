"""The effects of small pieces of code, said as orders."""

# name of a function of FUNCTIONS -> what it does, as orders
ORDERS = {
    "add": ("add two numbers", "add a and b", "sum two numbers", "add 2 numbers", "compute a + b"),
    "subtract": ("subtract two numbers", "subtract b from a", "take b from a"),
    "multiply": ("multiply two numbers", "multiply a and b", "multiply 2 numbers", "multiply a by b"),
    "divide": ("divide two numbers", "divide a by b", "divide 2 numbers"),
    "largest": (
        "find the larger of two numbers",
        "return the bigger of two numbers",
        "get the maximum of two numbers",
        "compare two numbers and return the larger",
    ),
    "smallest": (
        "find the smaller of two numbers",
        "return the minimum of two numbers",
        "get the smaller number of two",
    ),
    "square": (
        "square a number",
        "compute the square of a number",
        "multiply a number by itself",
        "get the square of n",
    ),
    "double": ("double a number", "multiply a number by two", "return twice a number", "double n"),
    "is_even": ("check if a number is even", "test whether a number is even", "tell if n is even"),
    "is_odd": ("check if a number is odd", "test whether a number is odd", "tell if n is odd"),
    "reverse": ("reverse a string", "turn a string around", "reverse text", "write a word backwards"),
    "length": ("get the length of a string", "count the letters of a string", "return how long a text is"),
    "upper": ("make a string upper case", "turn text into capitals", "convert a string to uppercase"),
    "total": ("sum a list", "add all numbers of a list", "get the sum of a list", "compute the total of a list"),
    "first": ("get the first item of a list", "return the first element"),
    "last": ("get the last item of a list", "return the last element"),
    "biggest": ("find the biggest item of a list", "get the maximum of a list", "find the largest number in a list"),
    "sort_list": ("sort a list", "put a list in order", "sort numbers", "return a sorted list"),
    "count": ("count the items of a list", "get the length of a list", "count the elements"),
    "greet": ("greet somebody by name", "say hello to a name", "say hi to a person", "greet a person"),
    "is_palindrome": ("check if a word is a palindrome", "test for a palindrome"),
    "factorial": ("compute a factorial", "get the factorial of n"),
}


# orders, code; x is a word, n a number, and the code is what one types at the prompt
LINES = (
    (("print {x}", "print the word {x}", "show {x} on the screen", "output {x}", "print the text {x}"), 'print("{x}")'),
    (("print {n}", "print the number {n}"), "print({n})"),
    (("set x to {n}", "make a variable x with the value {n}", "assign {n} to x", "store {n} in x"), "x = {n}"),
    (("set name to {x}", "store the word {x} in name"), 'name = "{x}"'),
    (
        (
            "check if x is positive",
            "test if a number is positive",
            "check whether a number is above zero",
            "write an if",
            "use an if statement",
            "show an if",
        ),
        'if x > 0:\n    print("positive")',
    ),
    (
        ("write an if with else", "use if and else", "write if and else"),
        'if x > 0:\n    print("positive")\nelse:\n    print("not positive")',
    ),
    (("ask the user for a name", "read input from the user", "get user input"), 'name = input("Name? ")'),
    (
        ("roll a die", "get a random number", "make a random number from 1 to 6"),
        "import random\nprint(random.randint(1, 6))",
    ),
    (("join a list of words", "join words with blanks"), '" ".join(words)'),
    (("split a string into words", "split text at blanks", "get the words of a text"), "text.split()"),
    (("append {n} to a list", "add {n} to the end of a list"), "items.append({n})"),
    (("make an empty list", "create an empty list"), "items = []"),
    (("write a comment", "add a comment"), "# a comment"),
    (("open a file", "read a file"), 'with open("file.txt") as file:\n    text = file.read()'),
    (
        (
            "list the squares up to {n}",
            "make a list of squares from 0 to {n}",
            "get the squares of 0 to {n} in one line",
        ),
        "[n * n for n in range({n1})]",
    ),
    (("convert a string to an integer", "turn text into a number"), "int(text)"),
    (("convert a number to a string", "turn a number into text"), "str(number)"),
    (
        ("write a class for a dog", "make a simple class", "define a class"),
        "class Dog:\n    def __init__(self, name):\n        self.name = name",
    ),
    (
        ("print the items of a list", "loop over a list", "go through a list", "print every item of a list"),
        "for item in items:\n    print(item)",
    ),
    (("loop forever", "write an endless loop"), 'while True:\n    print("again")'),
    (("swap a and b", "swap two variables"), "a, b = b, a"),
    (("import math and print pi", "print pi"), "import math\nprint(math.pi)"),
    (("check if a word is in a list", "test whether a list contains an item"), "item in items"),
    (("remove blanks around a text", "strip a string"), "text.strip()"),
    (("make a string lower case", "convert text to lower case", "write text in small letters"), "text.lower()"),
    (("round a number", "round x"), "round(x)"),
    (
        ("print hello world", "say hello world", "write the classic hello world", "write a hello world program"),
        'print("Hello, world!")',
    ),
)


EXPRESSIONS = {
    "length": "len(text)",
    "count": "len(items)",
    "total": "sum(items)",
    "biggest": "max(items)",
    "sort_list": "sorted(items)",
    "upper": "text.upper()",
    "reverse": "text[::-1]",
    "first": "items[0]",
    "last": "items[-1]",
    "is_even": "n % 2 == 0",
    "is_odd": "n % 2 == 1",
}
